import CommandLineInterface
import Settings

extension ValueFormat<Duration> {
    /// A time such as `20 ms`; a bare number is milliseconds.
    static func duration(in range: ClosedRange<Duration>) -> Self {
        Self("TIME", "\(Quantity.timeExpectation) in \(range)") { text in
            Quantity.duration(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension ValueFormat<Int> {
    /// A size such as `8 MiB`; a bare number is bytes.
    static func byteCount(in range: ClosedRange<Int>) -> Self {
        Self("BYTES", "\(Quantity.sizeExpectation) in \(range) B") { text in
            Quantity.byteCount(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}
