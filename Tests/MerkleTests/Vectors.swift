import Cryptography
import Foundation
import Testing

@testable import Merkle

/// The published vectors beside these tests.
enum Vectors {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Vectors")

    static func load<Content: Decodable>(
        _ name: String,
        as type: Content.Type = Content.self
    ) throws -> Content {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let data = try Data(contentsOf: folder.appending(path: name))
        return try decoder.decode(type, from: data)
    }

    /// The bytes of hexadecimal digits.
    static func bytes(_ hex: String) throws -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue)
        let isHexadecimal = digits.count == hex.count && digits.count % 2 == 0
        try #require(isHexadecimal, "not hexadecimal: \(hex)")
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }

    static func digest(_ hex: String) throws -> Digest {
        let bytes = try bytes(hex)
        let digest = Digest(bytes.span)
        return try #require(digest, "not a digest: \(hex)")
    }
}

extension Digest {
    /// The leaf hash of a number, to tell leaves apart in tests.
    static func leaf(_ number: Int) -> Digest {
        RFC6962.leafHash(Array(String(number).utf8))
    }

    func flipping(bit: Int) -> Digest {
        var other = self
        other.withMutableBytes { $0[bit / 8] ^= 1 << (bit % 8) }
        return other
    }
}
