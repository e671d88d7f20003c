import Cryptography
import Merkle
import StreamsEmbedded

/// The lists of hashes that proofs are made from: one file for each level of tiles, 32 bytes a hash.
///
/// Derived from the entries: written before a head is published and made durable when a segment
/// ends, so that after a crash only what belongs to the newest segment has to be made again. What is
/// made again is written over what is there, which is the same: a reader of the published tree
/// finds its hashes at any moment.
struct TreeFiles {
    private let folder: String
    private var files: [File] = []
    /// The number of hashes in each file.
    private var counts: [Int] = []
    private(set) var range: CompactRange

    static func path(_ folder: String, level: Int) -> String {
        "\(folder)/\(level < 10 ? "0" : "")\(level)"
    }

    /// Opens the lists of a tree; what goes beyond it stays until it is written over or cut.
    ///
    /// - Returns: `nil` if a list is shorter than the tree's, so that all must be made anew.
    init?(_ folder: String, at range: CompactRange) throws(StorageError) {
        self.folder = folder
        self.range = range
        let layout = TileLayout(size: range.size)
        try StorageError.wrap { () throws(FileError) in try Folder.create(folder) }
        for level in 0..<max(1, layout.levelCount) {
            let count = layout.hashCount(level: level)
            let file = try Self.open(folder, level)
            let size = try StorageError.wrap { () throws(FileError) in try file.size }
            guard size >= count * Digest.byteCount else { return nil }
            files.append(file)
            counts.append(count)
        }
    }

    private static func open(_ folder: String, _ level: Int) throws(StorageError) -> File {
        try StorageError.wrap { () throws(FileError) in
            try File(path(folder, level: level), .updateOrCreate)
        }
    }

    /// Appends leaf hashes, and the hashes of every level that they complete.
    mutating func append(_ leaves: [Digest]) throws(StorageError) {
        guard !leaves.isEmpty else { return }
        var pending: [[UInt8]] = Array(repeating: [], count: max(files.count, 1))
        pending[0].reserveCapacity(leaves.count * Digest.byteCount)
        for leaf in leaves { pending[0].append(leaf) }
        range.append(contentsOf: leaves.span) { node, hash in
            let (level, rest) = node.level.quotientAndRemainder(dividingBy: TileCoordinate.height)
            guard rest == 0 else { return }
            while level >= pending.count { pending.append([]) }
            pending[level].append(hash)
        }
        for level in pending.indices where !pending[level].isEmpty {
            while level >= files.count {
                files.append(try Self.open(folder, files.count))
                counts.append(0)
            }
            let bytes = pending[level]
            let offset = counts[level] * Digest.byteCount
            try StorageError.wrap { () throws(FileError) in
                try files[level].write(bytes.span, at: offset)
            }
            counts[level] += bytes.count / Digest.byteCount
        }
    }

    /// Cuts what goes beyond the tree.
    func trim() throws(StorageError) {
        try StorageError.wrap { () throws(FileError) in
            for (file, count) in zip(files, counts) where try file.size > count * Digest.byteCount {
                try file.truncate(to: count * Digest.byteCount)
            }
            let known = files.indices.map { Self.path(folder, level: $0) }
            for name in try Folder.names(in: folder) where !known.contains("\(folder)/\(name)") {
                try Folder.removeFile("\(folder)/\(name)")
            }
        }
    }

    /// Returns when all lists are durable.
    func sync() throws(StorageError) {
        for file in files {
            try StorageError.wrap { () throws(FileError) in try file.syncData() }
        }
    }
}

extension [UInt8] {
    /// Appends the bytes of a digest.
    fileprivate mutating func append(_ digest: Digest) {
        digest.withBytes { bytes in
            unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
        }
    }
}
