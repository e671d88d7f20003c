import CommandLineInterface
import StreamsEmbedded

extension CommandError {
    /// What the file system refused while a file or folder that the user named was read.
    init(reading error: FileError) {
        self.init("\(error)", exitCode: Self.exitCode(of: error.kind))
    }

    /// What the file system refused while a file or folder that the user named was made.
    init(creating error: FileError) {
        switch error.kind {
        case .diskFull, .io: self.init("\(error)", exitCode: .ioError)
        default: self.init("\(error)", exitCode: .cannotCreate)
        }
    }

    /// Why what a caracal folder holds could not be used by a command that is not a check.
    init(_ error: StorageError) {
        switch error {
        case .file(let error): self.init(reading: error)
        case .damaged, .newerVersion, .endsBelow:
            self.init("\(error)", exitCode: .badData)
        case .notAFolder: self.init("\(error)", exitCode: .noInput)
        case .held: self.init("\(error)", exitCode: .tryAgain)
        case .closed: self.init("\(error)", exitCode: .ioError)
        case .tooLarge: self.init("\(error)", exitCode: .badData)
        case .noSuchPartition: self.init("\(error)", exitCode: .noInput)
        }
    }

    private static func exitCode(of kind: FileError.Kind) -> ExitCode {
        switch kind {
        case .notFound, .isDirectory, .notADirectory: .noInput
        case .notPermitted: .notPermitted
        case .alreadyExists: .cannotCreate
        case .tooLarge: .badData
        case .readOnly, .diskFull, .io: .ioError
        }
    }
}

/// Runs `body`; what the file system or a folder's content refuses becomes an error of the command.
func reading<Result>(_ body: () throws(FileError) -> Result) throws(CommandError) -> Result {
    do {
        return try body()
    } catch {
        throw CommandError(reading: error)
    }
}

/// Runs `body`, which makes a file or folder that the user named.
func creating<Result>(_ body: () throws(FileError) -> Result) throws(CommandError) -> Result {
    do {
        return try body()
    } catch {
        throw CommandError(creating: error)
    }
}

/// Runs `body`, which uses what a caracal folder holds.
func storing<Result>(_ body: () throws(StorageError) -> Result) throws(CommandError) -> Result {
    do {
        return try body()
    } catch {
        throw CommandError(error)
    }
}
