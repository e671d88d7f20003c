import StreamsEmbedded
import Testing

@Suite struct FormatVersionFileTests {
    let folder: TemporaryFolder
    let format = FormatVersionFile(kind: "event-log", version: 2)

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func itsOwnAndOlderVersionsAreRead() throws {
        try format.write(to: folder.path)
        #expect(try contents(folder / "format") == Array("caracal event-log 2\n".utf8))
        #expect(try format.check(folder.path) == 2)
        try FormatVersionFile(kind: "event-log", version: 1).write(to: folder.path)
        #expect(try format.check(folder.path) == 1)
    }

    @Test func aNewerVersionIsRefused() throws {
        try FormatVersionFile(kind: "event-log", version: 3).write(to: folder.path)
        #expect(throws: StorageError.newerVersion(path: folder.path, found: 3, known: 2)) {
            try format.check(folder.path)
        }
    }

    @Test func aVersionThatIsTooOldIsRefused() throws {
        let format = FormatVersionFile(kind: "event-log", version: 3, oldest: 2)
        try self.format.write(to: folder.path)
        #expect(try format.check(folder.path) == 2)
        try FormatVersionFile(kind: "event-log", version: 1).write(to: folder.path)
        let refused = StorageError.newerVersion(path: folder.path, found: 1, known: 3)
        #expect(throws: refused) { try format.check(folder.path) }
        #expect(refused.description.contains("older version"))
    }

    @Test func aFolderWithoutItIsNotOurs() throws {
        #expect(throws: StorageError.notAFolder(path: folder.path)) {
            try format.check(folder.path)
        }
        #expect(throws: StorageError.notAFolder(path: folder / "no")) {
            try format.check(folder / "no")
        }
        try put([1], at: folder / "file")
        #expect(throws: StorageError.notAFolder(path: folder / "file")) {
            try format.check(folder / "file")
        }
    }

    @Test func everyFlippedBitIsFound() throws {
        try format.write(to: folder.path)
        let path = folder / "format"
        let bytes = try contents(path)
        for index in bytes.indices {
            for bit in 0..<8 {
                var flipped = bytes
                flipped[index] ^= 1 << bit
                try put(flipped, at: path)
                if let version = try? format.check(folder.path) {
                    // A digit that became another one: an older version, whose files look otherwise.
                    Issue.record("byte \(index), bit \(bit): read as version \(version)")
                }
            }
        }
    }
}
