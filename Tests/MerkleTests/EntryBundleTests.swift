import Testing

@testable import Merkle

@Suite struct EntryBundleTests {
    struct Published: Decodable {
        struct Bundle: Decodable {
            let hex: String
            let entries: [String]?
            let entriesHex: [String]?
            let entriesUtf8: [String]?
            let desc: String?
        }

        let valid, invalid: [Bundle]
    }

    @Test func readsAndWritesThePublishedBundles() throws {
        let published = try Vectors.load("entry-bundles.json", as: Published.self)
        #expect(published.valid.count == 3)
        for vector in published.valid {
            let bytes = try Vectors.bytes(vector.hex)
            let entries =
                try vector.entriesHex?.map(Vectors.bytes)
                ?? (vector.entriesUtf8 ?? vector.entries ?? []).map { Array($0.utf8) }
            let bundle = try #require(EntryBundle(parsing: bytes))
            #expect(bundle.entries == entries)
            var written = EntryBundle()
            for entry in entries {
                let isAppended = written.append(entry.span)
                #expect(isAppended)
            }
            #expect(written == bundle)
            #expect(written.bytes == bytes)
        }
        #expect(published.invalid.count == 2)
        for vector in published.invalid {
            #expect(EntryBundle(parsing: try Vectors.bytes(vector.hex)) == nil)
        }
    }

    @Test func keepsItsLimits() throws {
        var bundle = EntryBundle()
        let longest = [UInt8](repeating: 7, count: 65_535)
        let tooLong = longest + [7]
        var isAppended = bundle.append(tooLong.span)
        #expect(!isAppended)
        isAppended = bundle.append(longest.span)
        #expect(isAppended)
        #expect(EntryBundle(parsing: bundle.bytes)?.entries == [longest])

        let empty: [UInt8] = []
        for count in 2...256 {
            isAppended = bundle.append(empty.span)
            #expect(isAppended && bundle.count == count)
        }
        isAppended = bundle.append(empty.span)
        #expect(!isAppended)
        #expect(EntryBundle(parsing: bundle.bytes)?.count == 256)
        #expect(EntryBundle(parsing: bundle.bytes + [0, 0]) == nil)
    }

    /// Every truncation of a bundle is refused or ends between two entries.
    @Test func refusesEveryTruncationInsideAnEntry() {
        let bytes: [UInt8] = [0, 3, 1, 2, 3, 0, 0, 0, 2, 4, 5]
        let ends = [0, 5, 7, 11]
        for count in 0...bytes.count {
            let isWhole = EntryBundle(parsing: Array(bytes[..<count])) != nil
            #expect(isWhole == ends.contains(count))
        }
    }
}
