/// Where a frame is put together: room for its header, then its payload.
///
/// ``bytes`` is used again for the next frame, so that its memory is not asked for each time.
package struct FrameBuffer: Sendable {
    /// The whole frame; whoever fills it appends the payload behind the first forty bytes.
    package var bytes: [UInt8]

    package init() {
        bytes = Array(repeating: 0, count: FrameHeader.byteCount)
    }

    /// Begins a new frame.
    package mutating func clear() {
        bytes.removeLast(bytes.count - FrameHeader.byteCount)
    }

    package var payloadCount: Int { bytes.count - FrameHeader.byteCount }

    /// The payload's checksum, which takes a pass over it.
    package func payloadChecksum() -> UInt32 {
        CRC32C.checksum(of: bytes.span.extracting(FrameHeader.byteCount...))
    }
}
