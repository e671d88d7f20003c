import Testing

@testable import LedgersEmbedded

@Suite struct EntryIndexKeyTests {
    private func words(_ text: String) -> [UInt64]? {
        let bytes = Array(text.utf8)
        return EntryIndexKey.uuid(bytes.span).map { [$0.0, $0.1] }
    }

    @Test func keepsAUUIDAsItsSixteenBytes() {
        #expect(
            words("01234567-89ab-cdef-0f1e-2d3c4b5a6978") == [
                0x0123_4567_89AB_CDEF, 0x0F1E_2D3C_4B5A_6978,
            ]
        )
    }

    /// One character that is not exactly right makes it a text, so that lookups are exact.
    @Test func takesNothingElseForAUUID() {
        let uuid = Array("01234567-89ab-cdef-0f1e-2d3c4b5a6978".utf8)
        for place in uuid.indices {
            let right: Set<UInt8> =
                [8, 13, 18, 23].contains(place) ? [45] : Set("0123456789abcdef".utf8)
            for byte in UInt8.min...UInt8.max {
                var other = uuid
                other[place] = byte
                #expect((EntryIndexKey.uuid(other.span) != nil) == right.contains(byte))
            }
        }
        #expect(words("01234567-89ab-cdef-0f1e-2d3c4b5a697") == nil)
        #expect(words("") == nil)
    }
}
