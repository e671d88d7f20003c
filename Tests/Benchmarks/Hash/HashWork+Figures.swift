private import COpenSSL
import Cryptography
import Merkle

/// The hashes of a tree's nodes, beside libcrypto's.
enum HashWork {
    private static let leafCount = 1 << 18

    static func figures(_: Surroundings) async throws -> [Figure] {
        let leaves = (0..<leafCount).map { SHA256.digest(of: Array("leaf \($0)".utf8)) }
        var owns: [Double] = []
        var peers: [Double] = []
        // In turns, so that a neighbour's noise meets both.
        for _ in 0..<5 {
            let (own, root) = try await ownTime(leaves)
            let (peer, peerRoot) = try await peerTime(leaves)
            guard root.bytes == peerRoot else { throw WrongChecksum(text: "roots differ") }
            owns.append(own)
            peers.append(peer)
        }
        let (own, peer) = (owns.sorted()[2], peers.sorted()[2])
        return [
            Figure(
                name: "hash.node",
                value: own,
                unit: "ns/node",
                better: .less,
                reference: Figure.Reference(name: "EVP_Digest", value: peer),
                goal: 2.5
            )
        ]
    }

    private static func ownTime(_ leaves: [Digest]) async throws -> (Double, Digest) {
        var root = Digest()
        let timing = try await measure {
            var level = leaves
            var count = level.count
            while count > 1 {
                RFC6962.hashPairs(of: &level, count: count / 2)
                count /= 2
            }
            root = level[0]
        }
        return (timing.median * 1e9 / Double(leaves.count - 1), root)
    }

    private static func peerTime(_ leaves: [Digest]) async throws -> (Double, [UInt8]) {
        // Fetched once: `EVP_sha256()` would be looked up by every call.
        let algorithm = unsafe EVP_MD_fetch(nil, "SHA2-256", nil)
        defer { unsafe EVP_MD_free(algorithm) }
        var message = [UInt8](repeating: 1, count: 65)
        var hashes: [UInt8] = []
        let start = leaves.flatMap(\.bytes)
        let timing = try await measure {
            hashes = start
            var count = leaves.count
            while count > 1 {
                count /= 2
                unsafe hashes.withUnsafeMutableBytes { hashes in
                    unsafe message.withUnsafeMutableBytes { message in
                        guard let hash = hashes.baseAddress, let text = message.baseAddress else {
                            return
                        }
                        for node in 0..<count {
                            unsafe (text + 1).copyMemory(from: hash + 64 * node, byteCount: 64)
                            let out = unsafe (hash + 32 * node).assumingMemoryBound(to: UInt8.self)
                            _ = unsafe EVP_Digest(text, 65, out, nil, algorithm, nil)
                        }
                    }
                }
            }
        }
        return (timing.median * 1e9 / Double(leaves.count - 1), Array(hashes.prefix(32)))
    }
}
