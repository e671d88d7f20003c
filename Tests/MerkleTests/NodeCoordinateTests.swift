import Cryptography
import Foundation
import Testing

@testable import Merkle

@Suite struct NodeCoordinateTests {
    @Test func coversRangesAsPublished() throws {
        let data = try Data(contentsOf: Vectors.folder.appending(path: "compact-ranges.json"))
        let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let cases = try #require(json["cases"] as? [[String: Any]])
        #expect(cases.count == 29)
        var beyond = 0
        for entry in cases {
            let begin = try #require(Int(entry["begin"] as? String ?? ""))
            // Two cases have sizes of 2^63 and more, which no tree of ours has.
            guard let end = Int(entry["end"] as? String ?? "") else {
                beyond += 1
                continue
            }
            let nodes = try #require(entry["nodes"] as? [[Any]]).map { node in
                let index = try #require(Int(node[1] as? String ?? ""))
                return NodeCoordinate(level: try #require(node[0] as? Int), index: index)
            }
            #expect(NodeCoordinate.covering(begin..<end) == nodes)
            #expect(NodeCoordinate.coveringCount(begin..<end) == nodes.count)
        }
        #expect(beyond == 2)
    }

    /// One digest over all ranges up to 512, published with the cases.
    @Test func coversEveryRangeUpTo512AsPublished() {
        var stream = SHA256.Stream()
        for begin in 0...512 {
            for end in begin...512 {
                let nodes = NodeCoordinate.covering(begin..<end)
                let line = "[\(begin), \(end))" + nodes.map { " \($0.level).\($0.index)" }.joined()
                let bytes = Array((line + "\n").utf8)
                stream.update(bytes.span)
                #expect(NodeCoordinate.coveringCount(begin..<end) == nodes.count)
            }
        }
        let published = "47935d73fb0bd59a61a5fafd3a277dc8b8cec2fae2972642263c1f7e63a0618f"
        #expect(stream.digest().description == published)
    }

    @Test func knowsWhichNodesATreeHasWhateverTheNumbers() {
        let extremes = [Int.min, -1, 0, 1, 2, 61, 62, 63, 64, 255, 256, Int.max - 1, Int.max]
        for level in extremes {
            for index in extremes {
                for size in extremes {
                    let node = NodeCoordinate(level: level, index: index)
                    let expected =
                        level >= 0 && level < 63 && index >= 0 && size >= 0
                        && UInt64(index) < UInt64(size) >> UInt64(level)
                    #expect(node.isPerfect(in: size) == expected)
                }
            }
        }
    }
}
