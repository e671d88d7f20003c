import CommandLineInterface
import Events

/// Writes entries as lines, many at a time.
struct EntryWriter {
    /// The bytes at which lines go out.
    private static let blockSize = 64 << 10

    private let isCSV: Bool
    private let isForTerminal: Bool
    private let console: Console
    private var block: [UInt8] = []
    private var lineEnd: [UInt8] { isForTerminal ? [10] : [13, 10] }

    /// - Parameters:
    ///   - isCSV: Rows, not objects.
    ///   - isForTerminal: Whether control characters, which a terminal would obey, are written as
    ///     escapes. Files get every text as it is.
    ///   - console: Where to.
    init(isCSV: Bool, isForTerminal: Bool, _ console: Console) {
        self.isCSV = isCSV
        self.isForTerminal = isForTerminal
        self.console = console
    }

    mutating func begin() throws(CommandError) {
        guard isCSV else { return }
        let columns = ["index"] + EventCSV.columns
        block += Array("\(columns.joined(separator: ","))".utf8) + lineEnd
    }

    /// Writes an entry, if the filter admits it.
    ///
    /// - Throws: ``CommandError`` if the entry is no event, or the output is full.
    mutating func write(
        _ index: Int,
        _ bytes: Span<UInt8>,
        if filter: EntryFilter
    ) throws(CommandError) {
        let view: EventView
        do {
            view = try EventView(validating: bytes, in: 0..<bytes.count)
        } catch {
            throw CommandError("entry \(index) is no event: \(error)", exitCode: .badData)
        }
        guard filter.admits(view, bytes) else { return }
        if isCSV {
            block += Array("\(index),".utf8)
            EventCSV.append(view, bytes, to: &block)
            block += lineEnd
        } else {
            // The event's object, with its index as the first member.
            block += Array("{\"index\":\(index),".utf8)
            var json: [UInt8] = []
            view.appendJSON(bytes, to: &json)
            block += json.dropFirst()
            block.append(10)
        }
        if block.count >= Self.blockSize { try finish() }
    }

    /// Writes what is held back.
    mutating func finish() throws(CommandError) {
        guard !block.isEmpty else { return }
        if isForTerminal {
            block = Array(String(decoding: block, as: UTF8.self).withoutControls.utf8)
        }
        try console.output(bytes: block)
        block.removeAll(keepingCapacity: true)
    }
}
