/// The headers that say who has produced a record and as which of its own.
///
/// `caracal-producer` holds a name in UTF-8, 1,024 bytes at most; `caracal-sequence` a decimal
/// number, which is below 0 outside of any sequence. A header that is malformed counts as missing.
public enum KafkaHeaders {
    /// The header that holds the producer's name.
    public static let producer = "caracal-producer"
    /// The header that holds the record's number in its producer's sequence.
    public static let sequence = "caracal-sequence"

    /// The most bytes of a producer's name.
    static let producerBytes = 1_024

    /// The number, if the bytes are a decimal number of 64 bits without leading zeros.
    static func sequence(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard let first = unsafe bytes.first else { return nil }
        let isNegative = first == UInt8(ascii: "-")
        let digits = unsafe UnsafeRawBufferPointer(rebasing: bytes.dropFirst(isNegative ? 1 : 0))
        guard (1...19).contains(digits.count), unsafe digits.count == 1 || digits[0] != 48 else {
            return nil
        }
        var number = 0
        for index in 0..<digits.count {
            let byte = unsafe digits[index]
            guard (48...57).contains(byte) else { return nil }
            let (tens, isTooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflows) = tens.addingReportingOverflow(Int(byte) - 48)
            if isTooLarge || overflows { return nil }
            number = sum
        }
        return isNegative ? -number : number
    }

    static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        unsafe String(validating: bytes, as: UTF8.self) != nil
    }
}
