/// A folder's statement of what it holds and in which version of the format.
///
/// The file `format` is one line: `caracal`, the kind, the version, as in `caracal event-log 2`. A
/// folder of a newer version, or of one that is too old, is refused before anything in it is
/// touched.
package struct FormatVersionFile: Sendable {
    /// One word.
    package let kind: String
    /// The version that this program writes.
    package let version: Int
    /// The first version that it still reads.
    package let oldest: Int

    package init(kind: String, version: Int, oldest: Int = 1) {
        precondition(1...version ~= oldest, "versions count from 1")
        self.kind = kind
        self.version = version
        self.oldest = oldest
    }

    package static func path(in folder: String) -> String { folder + "/format" }

    /// Writes the file into `folder`, durably.
    package func write(to folder: String) throws(FileError) {
        try Folder.replaceFile(Self.path(in: folder), with: Array(line(version).utf8))
    }

    /// Reads the file in `folder`.
    ///
    /// - Returns: The folder's version.
    /// - Throws: ``StorageError/notAFolder(path:)`` if there is none,
    ///   ``StorageError/newerVersion(path:found:known:)``, or ``StorageError/damaged(_:)`` if it is
    ///   no line of this kind.
    @discardableResult
    package func check(_ folder: String) throws(StorageError) -> Int {
        let path = Self.path(in: folder)
        let bytes: [UInt8]
        do {
            // More than the line would be damage, too.
            bytes = try Folder.beginning(of: path, limit: 256)
        } catch {
            switch error.kind {
            case .notFound, .notADirectory: throw .notAFolder(path: folder)
            default: throw .file(error)
            }
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let start = "caracal \(kind) "
        guard text.hasPrefix(start), let found = Int(text.dropFirst(start.count).dropLast()),
            found > 0, text == line(found)
        else {
            throw .damaged(Damage(path: path, offset: 0, reason: "is not '\(line(version))'"))
        }
        guard oldest...version ~= found else {
            throw .newerVersion(path: folder, found: found, known: version)
        }
        return found
    }

    private func line(_ version: Int) -> String { "caracal \(kind) \(version)\n" }
}
