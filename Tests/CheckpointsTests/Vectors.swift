import Cryptography
import Foundation
import Testing

@testable import Checkpoints

/// The published vectors beside these tests.
enum Vectors {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Vectors")

    static func bytes(of name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: name)))
    }

    static func load<Content: Decodable>(
        _ name: String,
        as type: Content.Type = Content.self
    ) throws -> Content {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(try bytes(of: name)))
    }

    /// The bytes of hexadecimal digits.
    static func bytes(hex: String) throws -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue)
        let isHexadecimal = digits.count == hex.count && digits.count % 2 == 0
        try #require(isHexadecimal, "not hexadecimal: \(hex)")
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }

    /// What `signed-notes.json` holds.
    struct Notes: Decodable {
        struct Key: Decodable {
            let vkey, name, keyIdHex, pubHex: String
            let type: UInt8
        }

        struct Positive: Decodable {
            let desc, note: String
            let verify: [String]
            let skey, seedHex: String?
        }

        struct Open: Decodable {
            let desc, note: String
            let trust: [String]
            let verified, unverified: [String]?
            let verifiedCount, unverifiedCount: Int?
            let error: String?
        }

        struct Malformed: Decodable {
            let desc: String
            let note, noteB64: String?
        }

        let keys: [Key]
        let positive: [Positive]
        let openSemantics: [Open]
        let malformed: [Malformed]
        let vkeyBad: [String]

        static func load() throws -> Self {
            try Vectors.load("signed-notes.json")
        }
    }
}

/// The keys of the log in `tessera/`, as published there.
enum TesseraLog {
    static let signer =
        "PRIVATE+KEY+example.com/log/testdata+33d7b496+AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg"
    static let verifier =
        "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
    static let entries = [
        "one", "two", "three", "four", "five", "six", "seven", "eit", "nain", "ten", "ileven",
        "twelf", "threeten", "fourten", "fivten",
    ].map { Array($0.utf8) }
}
