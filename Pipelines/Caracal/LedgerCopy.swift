import CommandLineInterface
import Cryptography
import LedgersEmbedded
import Merkle
import StreamsEmbedded

/// Copies the files of a ledger up to its published head, while another process may be writing.
///
/// Segments only ever grow, so that what a head covers does not change any more.
struct LedgerCopy {
    private let folder: String
    private let copy: String

    init(_ folder: String, to copy: String) {
        self.folder = folder
        self.copy = copy
    }

    /// Copies, durably, the format file last.
    ///
    /// - Returns: The number of entries.
    func run() throws(CommandError) -> Int {
        let (head, record) = try publishedHead()
        for name in ["", "/entries", "/tree"] {
            try creating { () throws(FileError) in try Folder.create(copy + name) }
        }
        try copySegments(head)
        try copyTree(head)
        try creating { () throws(FileError) in
            try DoubleSlotFile.create(copy + "/head", record: record)
            let format = try Folder.contents(of: FormatVersionFile.path(in: folder), limit: 256)
            try Folder.replaceFile(FormatVersionFile.path(in: copy), with: format)
        }
        return head.size
    }

    /// The head and the record that says it, which may change in between.
    private func publishedHead() throws(CommandError) -> (LedgerHead, record: [UInt8]) {
        try storing { () throws(StorageError) in
            while true {
                let before = try DoubleSlotFile.read(folder + "/head")
                let head = try EmbeddedLedgerReader(folder).head
                let after = try DoubleSlotFile.read(folder + "/head")
                if before.record == after.record { return (head, after.record) }
            }
        }
    }

    private func copySegments(_ head: LedgerHead) throws(CommandError) {
        let names = try reading { () throws(FileError) in
            try Folder.names(in: folder + "/entries")
        }
        for name in names {
            guard let base = Int(name.prefix { $0 != "." }), base <= head.segment else { continue }
            try copyFile("/entries/" + name, count: base == head.segment ? head.position : nil)
        }
    }

    /// The derived files: they can be made again, but readers of the copy want them at once.
    private func copyTree(_ head: LedgerHead) throws(CommandError) {
        let layout = TileLayout(size: head.size)
        for level in 0..<layout.levelCount {
            let name = "/tree/\(level < 10 ? "0" : "")\(level)"
            try copyFile(name, count: layout.hashCount(level: level) * Digest.byteCount)
        }
        if Folder.exists(folder + "/frames") { try copyFile("/frames", count: nil) }
    }

    /// Copies the first `count` bytes of a file, or all of it.
    private func copyFile(_ name: String, count: Int?) throws(CommandError) {
        let (source, target) = (folder + name, copy + name)
        let from = try reading { () throws(FileError) in try File(source, .read) }
        let size = try reading { () throws(FileError) in try from.size }
        try creating { () throws(FileError) in
            let to = try File(target, .create)
            var (bytes, position): ([UInt8], Int) = ([], 0)
            let end = min(count ?? size, size)
            while position < end {
                bytes.removeAll(keepingCapacity: true)
                let got = try from.read(min(1 << 20, end - position), at: position, into: &bytes)
                guard got > 0 else { break }
                try to.write(bytes.span, at: position)
                position += got
            }
            try to.syncData()
        }
    }
}
