import Streams

/// A record: where its bytes lie in the arena of its chunk.
struct RawRecord: ArenaElement, BitwiseCopyable {
    let offset: Int
    let length: Int

    var range: Range<Int> { offset..<offset + length }
}
