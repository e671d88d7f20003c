/// The bytes of journal entries.
///
/// An entry is a byte that says which, then its fields in order: integers of 64 bits, little-endian,
/// and texts or bytes behind their length in 32 bits. 1: progress (source, rows, bytes, digest).
/// 2: letter (id, source, line, row, offset, reason, message, the input's length, bytes). 3: re-driven
/// (letter, place of the record in its frame).
extension JournalEntry {
    func encode(into bytes: inout [UInt8]) {
        switch self {
        case .progress(let progress):
            bytes.append(1)
            progress.encode(into: &bytes)
        case .letter(let letter):
            bytes.append(2)
            bytes.appendString(letter.id.utf8)
            bytes.appendString(letter.source.utf8)
            bytes.appendInteger(UInt64(letter.line))
            bytes.appendInteger(UInt64(letter.row))
            bytes.appendInteger(UInt64(letter.offset))
            bytes.appendString(letter.reason.utf8)
            bytes.appendString(letter.message.utf8)
            bytes.appendInteger(UInt64(letter.byteCount))
            bytes.appendString(letter.bytes)
        case .redriven(let letter, let record):
            bytes.append(3)
            bytes.appendString(letter.utf8)
            bytes.appendInteger(UInt64(record))
        }
    }

    /// Takes the next entry, or returns `nil` if none is there.
    init?(_ reader: inout ByteReader) {
        switch reader.integer(UInt8.self) {
        case 1:
            guard let progress = SourceProgress(&reader) else { return nil }
            self = .progress(progress)
        case 2:
            guard let letter = IngestLetter(&reader) else { return nil }
            self = .letter(letter)
        case 3:
            guard let letter = reader.text(), let record = reader.count(UInt64.self) else {
                return nil
            }
            self = .redriven(letter: letter, record: record)
        default:
            return nil
        }
    }
}

extension SourceProgress {
    func encode(into bytes: inout [UInt8]) {
        bytes.appendString(source.utf8)
        bytes.appendInteger(UInt64(rows))
        bytes.appendInteger(UInt64(self.bytes))
        bytes.appendString(digest)
    }

    init?(_ reader: inout ByteReader) {
        guard let source = reader.text(), let rows = reader.count(UInt64.self),
            let bytes = reader.count(UInt64.self), let digest = reader.string()
        else { return nil }
        self.init(source: source, rows: rows, bytes: bytes, digest: digest)
    }
}

extension IngestLetter {
    fileprivate init?(_ reader: inout ByteReader) {
        guard let id = reader.text(), let source = reader.text(),
            let line = reader.count(UInt64.self), let row = reader.count(UInt64.self),
            let offset = reader.count(UInt64.self),
            let reason = reader.text(), let message = reader.text(),
            let byteCount = reader.count(UInt64.self), let bytes = reader.string()
        else { return nil }
        self.init(
            id: id,
            source: source,
            line: line,
            row: row,
            offset: offset,
            reason: reason,
            message: message,
            byteCount: byteCount,
            bytes: bytes
        )
    }
}
