/// Murmur 2 as Kafka has it.
func murmur2(_ bytes: Span<UInt8>) -> UInt32 {
    let m: UInt32 = 0x5bd1_e995
    var hash = 0x9747_b28c ^ UInt32(truncatingIfNeeded: bytes.count)
    var index = 0
    while index + 4 <= bytes.count {
        var k = unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt32.self)
        k = k.littleEndian &* m
        k ^= k >> 24
        hash = (hash &* m) ^ (k &* m)
        index += 4
    }
    let rest = bytes.count - index
    if rest > 2 { hash ^= UInt32(bytes[index + 2]) << 16 }
    if rest > 1 { hash ^= UInt32(bytes[index + 1]) << 8 }
    if rest > 0 {
        hash ^= UInt32(bytes[index])
        hash = hash &* m
    }
    hash ^= hash >> 13
    hash = hash &* m
    return hash ^ (hash >> 15)
}
