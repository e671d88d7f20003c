import Cryptography
import Merkle
import Testing

@testable import Checkpoints

@Suite struct CheckpointTests {
    struct Published: Decodable {
        struct Valid: Decodable {
            let body, origin: String
            let size: Int
            let hashB64, lenientOnly: String?
        }

        struct Invalid: Decodable {
            let desc, body: String
        }

        let valid: [Valid]
        let invalid, strictAdditionsByUs: [Invalid]
    }

    @Test func acceptsAndRefusesAsPublished() throws {
        let vectors = try Vectors.load("checkpoint-parse.json", as: Published.self)
        #expect(vectors.valid.count == 3)
        for vector in vectors.valid {
            let text = Array(vector.body.utf8)
            guard vector.lenientOnly == nil else {
                // The published parser takes roots of any length; a root has 32 bytes.
                #expect(throws: CheckpointError.malformed) { try Checkpoint(parsing: text) }
                continue
            }
            let checkpoint = try Checkpoint(parsing: text)
            #expect(checkpoint.origin == vector.origin)
            #expect(checkpoint.size == vector.size)
            #expect(checkpoint.root.base64 == vector.hashB64)
            #expect(checkpoint.text == text)
        }
        let refused = vectors.invalid + vectors.strictAdditionsByUs
        #expect(refused.count == 16)
        for vector in refused {
            #expect(throws: CheckpointError.malformed, "\(vector.desc)") {
                try Checkpoint(parsing: Array(vector.body.utf8))
            }
        }
    }

    private let root = "TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0="

    @Test func takesSizesBelowTwoToThe63() throws {
        let largest = try Checkpoint(parsing: Array("o\n9223372036854775807\n\(root)\n".utf8))
        #expect(largest.size == .max)
        for size in ["9223372036854775808", "18446744073709551615", "", " 1", "1 ", "1_0", "٣"] {
            #expect(throws: CheckpointError.malformed, "\(size)") {
                try Checkpoint(parsing: Array("o\n\(size)\n\(root)\n".utf8))
            }
        }
    }

    @Test func keepsExtensionLinesAndReadsNoOthers() throws {
        let text = Array("o\n7\n\(root)\nfirst\nsecond line\n".utf8)
        let checkpoint = try Checkpoint(parsing: text)
        #expect(checkpoint.extensionLines == ["first", "second line"])
        #expect(checkpoint.text == text)
        #expect(throws: CheckpointError.malformed) { try Checkpoint(parsing: text.dropLast()) }
        #expect(throws: CheckpointError.malformed) {
            try Checkpoint(parsing: text + [Lines.newline])
        }
        #expect(throws: CheckpointError.malformed) {
            try Checkpoint(parsing: text + [0xFF, Lines.newline])
        }
    }

    @Test func writesTheEmptyTree() throws {
        let empty = Checkpoint(origin: "o", size: 0, root: RFC6962.emptyRoot)
        let text = "o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
        #expect(empty.text == Array(text.utf8))
        #expect(try Checkpoint(parsing: empty.text) == empty)
    }
}
