import Settings
import Testing

@Suite struct QuantityTests {
    @Test(arguments: [
        ("250us", Duration.microseconds(250)), ("5 ms", .milliseconds(5)), ("2 s", .seconds(2)),
        ("1 min", .seconds(60)), (" 1\th ", .seconds(3_600)), ("20", .milliseconds(20)),
        ("0", .zero),
    ])
    func readsTimes(text: String, time: Duration) {
        #expect(Quantity.duration(text) == time)
    }

    @Test(arguments: [
        ("8 MiB", 8 << 20), ("64KiB", 64 << 10), ("2 GiB", 2 << 30), ("17 B", 17), ("4096", 4_096),
    ])
    func readsSizes(text: String, size: Int) {
        #expect(Quantity.byteCount(text) == size)
    }

    /// No text may trap, however large its number.
    @Test(arguments: [
        "", " ", "ms", "-5 ms", "+5 ms", "5 m", "5.5 s", "²ms", "٣ ms", "5 ms ms",
        "9223372036854775807 h", "99999999999999999999 s", "9223372036854775807 MiB",
    ])
    func refusesAllElse(text: String) {
        #expect(Quantity.duration(text) == nil)
        #expect(Quantity.byteCount(text) == nil)
    }
}
