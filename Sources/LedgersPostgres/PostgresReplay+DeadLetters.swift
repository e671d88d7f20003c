import Cryptography
import StreamsPostgres

extension PostgresReplay {
    /// Takes the next dead letters, in order of offset.
    mutating func add(deadLetters rows: PostgresRows) {
        for row in 0..<rows.count {
            let offset = rows.integer(row, 0) ?? -1
            found.deadLetters += 1
            if offset >= cursorOffset {
                let what = "is not among the offsets that are done"
                found.note(what, "dead_letters", "source_offset", row: offset)
            }
            let stored = rows.withBytes(row, 4) { Digest($0) } ?? Digest()
            let hash = LetterHash.next(
                lastLetter,
                found.partition,
                offset: offset,
                reason: rows.bytes(row, 1),
                message: rows.bytes(row, 2),
                bytes: rows.bytes(row, 3)
            )
            // Those of before there were hashes are the first ones.
            let isOld = lastLetter == Digest() && rows.isNull(row, 4)
            if !rows.bool(row, 5) {
                found.note("is not as it was written", "dead_letters", row: offset)
            } else if !isOld, stored != hash {
                let what =
                    "does not follow from the letter before, \(lastLetterOffset): one is missing, "
                    + "or not as it was written"
                found.note(what, "dead_letters", "letter_hash", row: offset)
            }
            (lastLetter, lastLetterOffset) = (stored, offset)
        }
    }

    /// Holds the last letter against the one that the cursor knows.
    mutating func finishLetters() {
        guard lastLetter != cursorLetter else { return }
        let what = "is not the newest letter that the cursor knows: that one is missing"
        found.note(what, "dead_letters", "letter_hash", row: lastLetterOffset)
    }
}
