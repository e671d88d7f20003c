import Cryptography
import Merkle
import StreamsEmbedded

/// Compares the lists of hashes that proofs are made from with hashes made from the entries.
struct LedgerVerifierTree {
    private var lists: [LedgerVerifierHashes]

    init(_ folder: String) {
        lists = (0..<8).map { LedgerVerifierHashes(TreeFiles.path(folder, level: $0)) }
    }

    /// Compares hashes of a level of tiles, of which the first has the number `first`.
    mutating func compare(
        _ hashes: Span<Digest>,
        level: Int,
        from first: Int,
        _ found: inout LedgerProblems
    ) {
        for number in hashes.indices {
            lists[level].compare(hashes[number], level: level, at: first + number, &found)
        }
    }

    /// Compares the hash of a node above the leaves, if it is one that is kept.
    mutating func compare(_ node: NodeCoordinate, _ hash: Digest, _ found: inout LedgerProblems) {
        let (level, rest) = node.level.quotientAndRemainder(dividingBy: TileCoordinate.height)
        guard rest == 0, lists.indices.contains(level) else { return }
        lists[level].compare(hash, level: level, at: node.index, &found)
    }
}

/// One list of hashes, read in parts.
private struct LedgerVerifierHashes {
    private static let windowHashes = 1 << 12

    private let path: String
    private var file: File?
    private var window: [UInt8] = []
    /// The number of the first hash of the window.
    private var start = 0
    /// After a hash that is missing, all behind it are.
    private var isGivenUp = false

    init(_ path: String) {
        self.path = path
    }

    mutating func compare(
        _ expected: Digest,
        level: Int,
        at number: Int,
        _ found: inout LedgerProblems
    ) {
        if isGivenUp { return }
        var offset = (number - start) * Digest.byteCount
        if offset < 0 || offset + Digest.byteCount > window.count {
            guard read(from: number, &found) else { return }
            offset = 0
        }
        let stored = window.span.extracting(offset..<offset + Digest.byteCount)
        if Digest(stored) == expected { return }
        found.note(
            "the hash is not that of the entries",
            path,
            at: number * Digest.byteCount,
            index: number << (level * TileCoordinate.height)
        )
    }

    private mutating func read(from number: Int, _ found: inout LedgerProblems) -> Bool {
        window.removeAll(keepingCapacity: true)
        start = number
        let offset = number * Digest.byteCount
        do throws(FileError) {
            if file == nil { file = try File(path, .read) }
            try file?.read(Self.windowHashes * Digest.byteCount, at: offset, into: &window)
        } catch {
            isGivenUp = true
            found.note(error.description, path, at: offset)
            return false
        }
        if window.count >= Digest.byteCount { return true }
        isGivenUp = true
        found.note("hashes are missing from here on", path, at: offset)
        return false
    }
}

/// Compares the list of frames with where the frames of entries lie.
struct LedgerVerifierFrames {
    private let path: String
    private var list: FrameList?
    private var number = 0

    init(_ path: String) {
        self.path = path
    }

    /// Compares the record of the next frame; `isKnown` says that none before was lost.
    mutating func compare(_ place: FrameList.Place, isKnown: Bool, _ found: inout LedgerProblems) {
        do throws(StorageError) {
            if list == nil {
                let file = try StorageError.wrap { () throws(FileError) in try File(path, .read) }
                list = try FrameList(file)
            }
            guard let list else { return }
            var stored: FrameList.Place?
            while number < list.count {
                stored = try list.place(number)
                number += 1
                guard !isKnown, let index = stored?.index, index < place.index else { break }
            }
            if stored == place { return }
            found.note(
                stored == nil ? "the frame is missing" : "the place is not that of the frame",
                path,
                at: max(0, number - 1) * FrameList.recordSize,
                index: place.index
            )
        } catch {
            found.note(error, path)
        }
    }
}

extension LedgerProblems {
    /// Notes what kept a part from being read.
    mutating func note(_ error: StorageError, _ path: String) {
        switch error {
        case .damaged(let damage): note(damage.reason, damage.path, at: damage.offset)
        case .file(let error): note(error.description, error.path, at: error.offset)
        case .newerVersion, .notAFolder:
            note(error.description, FormatVersionFile.path(in: path))
        default: note(error.description, path)
        }
    }
}
