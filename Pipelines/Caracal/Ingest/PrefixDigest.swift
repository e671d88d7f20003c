import Cryptography

/// The digest of what was read of a source so far, at the ends of rows.
///
/// A source that was read before is passed over first: ``hasMatched(_:)`` then says whether it
/// begins as it did.
struct PrefixDigest {
    private var stream = SHA256.Stream()
    /// How many bytes the stream has.
    private var count = 0
    /// Where the block that is being read begins in the source, and its bytes.
    private var blockStart = 0
    private var block: [UInt8] = []
    /// The length of what is to be passed over.
    private let known: Int
    private var digestOfKnown: Digest?

    /// - Parameter known: The bytes that were read before; 0 for none.
    init(known: Int) {
        self.known = known
    }

    /// Takes the next block, after all of the one before.
    mutating func begin(_ next: [UInt8]) {
        advance(to: blockStart + block.count)
        blockStart += block.count
        block = next
    }

    /// The digest of the first `end` bytes, which end in the block.
    ///
    /// - Parameter end: Not before what was asked last.
    /// - Returns: The digest.
    mutating func digest(upTo end: Int) -> Digest {
        advance(to: end)
        return stream.digest()
    }

    /// Whether the first bytes of the source, as many as were read before, have this digest.
    mutating func hasMatched(_ digest: [UInt8]) -> Bool {
        advance(to: known)
        return digestOfKnown?.bytes == digest
    }

    private mutating func advance(to end: Int) {
        if digestOfKnown == nil, known <= end {
            update(to: known)
            digestOfKnown = stream.digest()
        }
        update(to: end)
    }

    private mutating func update(to end: Int) {
        guard end > count else { return }
        // Another reference to the same bytes, so that the span is not one of `self`.
        let bytes = block
        stream.update(bytes.span.extracting(count - blockStart..<end - blockStart))
        count = end
    }
}
