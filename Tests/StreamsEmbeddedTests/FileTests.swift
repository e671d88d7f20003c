import StreamsEmbedded
import Testing

@Suite struct FileTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func kind(_ path: String, _ mode: File.Mode) -> FileError.Kind? {
        do throws(FileError) {
            _ = try File(path, mode)
            return nil
        } catch {
            #expect(error.path == path)
            return error.kind
        }
    }

    /// Every refusal that a command answers with a code of its own is told apart.
    @Test func refusalsAreToldApart() throws {
        try put([1], at: folder / "file")
        #expect(kind(folder / "no", .read) == .notFound)
        #expect(kind(folder / "no", .update) == .notFound)
        #expect(kind(folder.path, .read) == .isDirectory)
        #expect(kind(folder.path, .update) == .isDirectory)
        #expect(kind(folder / "file/below", .updateOrCreate) == .notADirectory)
        #expect(kind(folder / "file", .create) == .alreadyExists)
        guard case .io(_, let text) = kind(folder / String(repeating: "n", count: 300), .create)
        else {
            Issue.record("a name that is too long was taken")
            return
        }
        #expect(text == "File name too long")
    }

    @Test func aFullDeviceIsAFullDisk() throws {
        let full = try File("/dev/full", .update)
        let error = FileError(.diskFull, operation: "write", path: "/dev/full", offset: 7)
        let bytes: [UInt8] = [1, 2, 3]
        #expect(throws: error) { try full.write(bytes.span, at: 7) }
    }

    @Test func bytesAreReadWhereTheyWereWritten() throws {
        let file = try File(folder / "file", .updateOrCreate)
        let (first, second): ([UInt8], [UInt8]) = ([1, 2], [3, 4, 5])
        try file.write(first.span, second.span, at: 3)
        var bytes: [UInt8] = [9]
        #expect(try file.read(10, at: 2, into: &bytes) == 6)
        #expect(bytes == [9, 0, 1, 2, 3, 4, 5])
        #expect(try file.size == 8)
        file.reserve(upTo: 1 << 20)
        #expect(try file.size == 8)
        try file.truncate(to: 4)
        #expect(try contents(folder / "file") == [0, 0, 0, 1])
    }

    @Test func aFileThatIsTooLargeIsRefusedNotCut() throws {
        let path = folder / "file"
        try Folder.replaceFile(path, with: [1, 2, 3])
        #expect(try Folder.contents(of: path, limit: 3) == [1, 2, 3])
        #expect(throws: FileError(.tooLarge(limit: 2), operation: "read", path: path)) {
            try Folder.contents(of: path, limit: 2)
        }
        #expect(try Folder.beginning(of: path, limit: 2) == [1, 2])
    }

    @Test func aFileIsReplacedWhole() throws {
        let path = folder / "deep/er/file"
        try Folder.create(folder / "deep/er")
        try Folder.create(folder / "deep/er")
        try Folder.replaceFile(path, with: [1, 2, 3])
        try Folder.replaceFile(path, with: [4])
        #expect(try Folder.contents(of: path, limit: 1) == [4])
        #expect(try Folder.names(in: folder / "deep/er") == ["file"])
        try Folder.removeFile(path)
        #expect(!Folder.exists(path))
    }

    /// Not every file system has room for a folder, and not every path is one.
    @Test func aFolderThatThereCannotBeIsRefused() throws {
        try put([1], at: folder / "file")
        for path in ["", "/proc/caracal", "/proc/caracal/below", folder / "file/below/it"] {
            #expect(throws: FileError.self, "\(path)") { try Folder.create(path) }
        }
    }
}
