import Checkpoints
import CommandLineInterface
import StreamsEmbedded

/// Files that hold one key, a line each.
enum KeyFile {
    /// Makes a key of random bytes.
    static func makeKey(named name: String) throws(CommandError) -> SignerKey {
        do {
            return try SignerKey.generate(name: name)
        } catch {
            throw CommandError("no key could be made: \(error)", exitCode: .ioError)
        }
    }

    /// Reads the signer key in the file at `path`.
    ///
    /// - Throws: ``CommandError`` with ``ExitCode/notPermitted`` if there is none.
    static func signerKey(at path: String) throws(CommandError) -> SignerKey {
        let text: String
        do {
            text = try line(at: path)
        } catch {
            throw CommandError(
                "\(error); without the key nothing can be signed: put it back",
                exitCode: .notPermitted
            )
        }
        do {
            return try SignerKey(parsing: text)
        } catch {
            throw CommandError(
                "\(path): is no signer key (PRIVATE+KEY+…); put the right one back",
                exitCode: .notPermitted
            )
        }
    }

    /// Whether `line` is what there may be of a signer key's line after its writing was cut short.
    static func isBeginning(_ line: String) -> Bool {
        let start = "PRIVATE+KEY+"
        return line.hasPrefix(start) || start.hasPrefix(line)
    }

    /// Reads the vkey in the file at `path`.
    static func verifierKey(at path: String) throws(CommandError) -> VerifierKey {
        let text: String
        do {
            text = try line(at: path)
        } catch {
            throw CommandError(reading: error)
        }
        do {
            return try VerifierKey(parsing: text)
        } catch {
            throw CommandError("\(path): is no vkey", exitCode: .badData)
        }
    }

    static func line(at path: String) throws(FileError) -> String {
        let bytes = try Folder.contents(of: path, limit: 4_096)
        let text = String(decoding: bytes, as: UTF8.self)
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}

/// How keys are written on the command line.
enum KeyFormat {
    static let originExpectation = "a name without spaces and '+', such as 'example.com/log'"
}

extension ValueFormat<String> {
    /// The name of a log.
    static var origin: Self {
        Self("NAME", KeyFormat.originExpectation) { KeyName.isValid($0) ? $0 : nil }
    }
}

extension ValueFormat<VerifierKey> {
    /// A vkey.
    static var vkey: Self {
        Self("KEY", "a vkey such as 'example.com/log+1a2b3c4d+AQ…'") {
            try? VerifierKey(parsing: $0)
        }
    }
}
