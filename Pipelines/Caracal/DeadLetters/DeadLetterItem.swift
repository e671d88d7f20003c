import CommandLineInterface
import Ledgers
import StreamsEmbedded

/// A dead letter as the commands show it, whoever made it.
struct DeadLetterItem: Sendable {
    /// Names it in its folder.
    let id: String
    /// A word that programs read.
    let reason: String
    /// A sentence for people.
    let message: String
    /// Where the input is from: the members of its JSON.
    let origin: [(key: String, value: JSON)]
    /// The input, or its beginning.
    let bytes: [UInt8]
    /// How many bytes the input had.
    let byteCount: Int
    /// The offset of what was sent again for it.
    let redrivenAt: Int?
    /// The row of a file that it was, if it was one.
    var row: (source: String, number: Int)?

    /// Whether all of the input was kept, so that it can be sent again.
    var isWhole: Bool { bytes.count == byteCount }

    init(
        id: String,
        reason: String,
        message: String,
        origin: [(key: String, value: JSON)],
        bytes: [UInt8],
        byteCount: Int,
        redrivenAt: Int?
    ) {
        self.id = id
        self.reason = reason
        self.message = message
        self.origin = origin
        self.bytes = bytes
        self.byteCount = byteCount
        self.redrivenAt = redrivenAt
    }

    /// A row that ingest refused.
    init(_ stored: StoredLetter) {
        let letter = stored.letter
        self.init(
            id: letter.id,
            reason: letter.reason,
            message: letter.message,
            origin: [
                ("source", .text(letter.source)), ("line", .integer(letter.line)),
                ("offset", .integer(letter.offset)),
            ],
            bytes: letter.bytes,
            byteCount: letter.byteCount,
            redrivenAt: stored.redrivenAt
        )
        row = (letter.source, letter.row)
    }

    /// A record that run refused.
    init(_ refused: RefusedRecord, redrivenAt: Int?) {
        self.init(
            id: Self.id(of: refused),
            reason: refused.reason.rawValue,
            message: refused.message,
            origin: [("logOffset", .integer(refused.offset))],
            bytes: refused.bytes,
            byteCount: refused.bytes.count,
            redrivenAt: redrivenAt
        )
    }

    /// Letters of ingest have a colon in their name, those of run have none.
    static func id(of refused: RefusedRecord) -> String { "@\(refused.offset)" }

    /// All but the bytes.
    var json: JSON {
        .object(
            [("id", .text(id)), ("reason", .text(reason)), ("message", .text(message))] + origin
                + [
                    ("byteCount", .integer(byteCount)),
                    ("redrivenAt", redrivenAt.map { .integer($0) } ?? .null),
                ]
        )
    }

    /// One line for people.
    var line: String {
        let state = redrivenAt.map { ", sent again at offset \($0)" } ?? ""
        return "\(id)  \(reason)  \(message)\(state)".onOneLine
    }
}
