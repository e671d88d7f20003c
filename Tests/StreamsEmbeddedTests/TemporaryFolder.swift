import Foundation
import StreamsEmbedded

/// A folder that is removed with the last reference to it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "caracal-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    static func / (folder: TemporaryFolder, name: String) -> String { "\(folder.path)/\(name)" }

    /// The paths of all files below the folder, sorted.
    func files() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: path).sorted().map { self / $0 }
            .filter { !Folder.isFolder($0) }
    }

    /// Copies everything into a new folder.
    func copy() throws -> TemporaryFolder {
        let other = try TemporaryFolder()
        try FileManager.default.removeItem(atPath: other.path)
        try FileManager.default.copyItem(atPath: path, toPath: other.path)
        return other
    }
}

func contents(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
}

func put(_ bytes: [UInt8], at path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
}

/// Flips a bit of a file in its place.
func flip(_ path: String, at offset: Int, bit: Int) throws {
    let file = try File(path, .update)
    var byte: [UInt8] = []
    try file.read(1, at: offset, into: &byte)
    byte[0] ^= 1 << UInt8(bit)
    try file.write(byte.span, at: offset)
}

/// Cuts a file.
func truncate(_ path: String, to size: Int) throws {
    try File(path, .update).truncate(to: size)
}
