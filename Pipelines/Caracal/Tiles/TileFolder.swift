import CommandLineInterface
import Cryptography
import Merkle
import StreamsEmbedded

/// A folder of files as C2SP tlog-tiles names them.
struct TileFolder {
    let path: String

    func path(of file: TilePath) -> String { "\(path)/\(file)" }

    /// The bytes of a file; where there is no partial one, the full one that has taken its place.
    ///
    /// - Returns: `nil` if there is neither.
    func contents(of file: TilePath) throws(FileError) -> [UInt8]? {
        let path = path(of: file)
        if Folder.exists(path) {
            // An entry bundle has at most 256 entries of 65,535 bytes.
            return try Folder.beginning(of: path, limit: EntryBundle.countLimit * (2 << 15) + 512)
        }
        guard let full = file.full else { return nil }
        return try contents(of: full)
    }
}

extension TileFolder {
    /// Whether a file is there and has these bytes.
    func holds(_ bytes: [UInt8], as file: TilePath) throws(FileError) -> Bool {
        guard Folder.exists(path(of: file)) else { return false }
        return try contents(of: file) == bytes
    }

    /// Puts `bytes` into a file, durably and whole.
    func write(_ bytes: [UInt8], as file: TilePath) throws(CommandError) {
        let path = path(of: file)
        try creating { () throws(FileError) in
            try Folder.create(Folder.parent(of: path))
            try Folder.replaceFile(path, with: bytes)
        }
    }
}

extension TilePath {
    /// The full tile or bundle of the same index, if this is a partial one.
    fileprivate var full: Self? {
        switch self {
        case .checkpoint: nil
        case .tile(let tile): tile.full.map { .tile($0) }
        case .entries(let tile): tile.full.map { .entries($0) }
        }
    }
}

extension TileCoordinate {
    fileprivate var full: Self? { isFull ? nil : TileCoordinate(level: level, index: index) }
}
