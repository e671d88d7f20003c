import Cryptography

@testable import Merkle

/// Every way in which a list of hashes is damaged in tests: each bit flipped, each hash taken away,
/// each beginning, and hashes of all sorts put in at each place.
enum Damage {
    static func all(of hashes: [Digest], strangers: [Digest]) -> [[Digest]] {
        var damaged: [[Digest]] = []
        for place in hashes.indices {
            for bit in 0..<256 {
                var flipped = hashes
                flipped[place] = hashes[place].flipping(bit: bit)
                damaged.append(flipped)
            }
            var shortened = hashes
            shortened.remove(at: place)
            damaged += [shortened, Array(hashes[..<place])]
        }
        for place in 0...hashes.count {
            for extra in strangers + [Digest()] + hashes.suffix(1) {
                var extended = hashes
                extended.insert(extra, at: place)
                damaged.append(extended)
            }
        }
        return damaged
    }

    static func bits(of digest: Digest) -> [Digest] {
        (0..<256).map { digest.flipping(bit: $0) }
    }
}
