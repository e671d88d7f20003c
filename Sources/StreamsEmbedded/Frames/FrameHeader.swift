/// The first 48 bytes of a frame, the unit in which segment files are written and checked.
///
/// Little-endian:
///
///     0   UInt32  magic
///     4   UInt32  CRC-32C of bytes 8 to 47
///     8   UInt16  kind: what the payload is, up to the owner of the file
///     10  UInt16  flags, up to the owner of the file
///     12  UInt32  length of the payload in bytes
///     16  UInt32  count: how many things (records, entries) the frame holds
///     20  UInt32  lag: how many bytes before the frame were not known to be durable when it was
///                 written, so that a reader can tell a torn tail from damage
///     24  UInt64  base: the number of the first thing; that of the next frame is base + count
///     32  UInt32  CRC-32C of the payload
///     36  UInt32  bytes 4 to 7 of the frame before, 0 in the first frame of a file: a frame that is
///                 taken out, put in or moved is found
///     40  UInt64  the segment's secret, drawn when it was begun and the same in all of its frames:
///                 payloads hold what others hand in, which may look like a frame, but nobody
///                 outside knows the secret
///     48  the payload
package struct FrameHeader: Equatable, Sendable {
    package static let byteCount = 48
    /// The most bytes a payload may have.
    package static let payloadLimit = 256 << 20
    static let magic: UInt32 = 0xC7F2_E1FF

    package var kind: UInt16
    package var flags: UInt16
    package var payloadCount: Int
    package var count: Int
    package var lag: Int
    package var base: Int
    package var payloadChecksum: UInt32
    package var previousChecksum: UInt32
    package var secret: UInt64

    /// The number that the next frame's ``base`` must be.
    package var nextBase: Int { base + count }

    /// The bytes of the frame, header and payload.
    package var frameCount: Int { Self.byteCount + payloadCount }

    package init(kind: UInt16, flags: UInt16 = 0, count: Int, base: Int) {
        precondition(count >= 0 && count <= UInt32.max && base >= 0, "a count that does not fit")
        self.kind = kind
        self.flags = flags
        self.count = count
        self.base = base
        payloadCount = 0
        lag = 0
        payloadChecksum = 0
        previousChecksum = 0
        secret = 0
    }

    /// Reads the header at the start of `bytes`, or returns `nil` if none is there.
    package init?(_ bytes: Span<UInt8>) {
        guard bytes.count >= Self.byteCount,
            bytes.integer(at: 0, as: UInt32.self) == Self.magic,
            bytes.integer(at: 4, as: UInt32.self)
                == CRC32C.checksum(of: bytes.extracting(8..<Self.byteCount)),
            let base = Int(exactly: bytes.integer(at: 24, as: UInt64.self)),
            base <= Int.max / 2
        else { return nil }
        kind = bytes.integer(at: 8, as: UInt16.self)
        flags = bytes.integer(at: 10, as: UInt16.self)
        payloadCount = Int(bytes.integer(at: 12, as: UInt32.self))
        count = Int(bytes.integer(at: 16, as: UInt32.self))
        lag = Int(bytes.integer(at: 20, as: UInt32.self))
        self.base = base
        payloadChecksum = bytes.integer(at: 32, as: UInt32.self)
        previousChecksum = bytes.integer(at: 36, as: UInt32.self)
        secret = bytes.integer(at: 40, as: UInt64.self)
        guard payloadCount <= Self.payloadLimit else { return nil }
    }

    /// The header's bytes.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        bytes.appendInteger(Self.magic)
        bytes.appendInteger(UInt32(0))
        bytes.appendInteger(kind)
        bytes.appendInteger(flags)
        bytes.appendInteger(UInt32(payloadCount))
        bytes.appendInteger(UInt32(count))
        bytes.appendInteger(UInt32(clamping: lag))
        bytes.appendInteger(UInt64(base))
        bytes.appendInteger(payloadChecksum)
        bytes.appendInteger(previousChecksum)
        bytes.appendInteger(secret)
        bytes.replaceInteger(at: 4, with: CRC32C.checksum(of: bytes.span.extracting(8...)))
        return bytes
    }
}
