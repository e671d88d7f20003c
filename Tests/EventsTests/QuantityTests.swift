import Events
import Testing

@Suite struct QuantityTests {
    @Test(
        arguments: [
            ("1", 1, 0), ("1.50", 15, 1), ("1.5", 15, 1), ("100", 100, 0), ("1e2", 100, 0),
            ("0.00", 0, 0), ("2.000000001", 2_000_000_001, 9), ("9223372036854775807", .max, 0),
            ("9223372036.854775807", .max, 9), ("25e-1", 25, 1), ("0.1e1", 1, 0),
        ] as [(String, Int64, UInt8)]
    )
    func hasOneForm(text: String, value: Int64, scale: UInt8) throws {
        let quantity = try Quantity(text)
        #expect(quantity.value == value)
        #expect(quantity.scale == scale)
        #expect(try Quantity(quantity.description) == quantity)
    }

    @Test func refusesWhatItCannotHold() {
        #expect(throws: EventError(.tooManyPlaces)) { try Quantity("0.0000000001") }
        #expect(throws: EventError(.overflow)) { try Quantity("9223372036854775808") }
        #expect(throws: EventError(.overflow)) { try Quantity("1e19") }
        #expect(throws: EventError(.notANumber)) { try Quantity("NaN") }
        #expect(Quantity(1, scale: 10) == nil)
        #expect(Quantity(1, scale: -1) == nil)
        #expect(Quantity(1_500, scale: 3) == Quantity(15, scale: 1))
        #expect(Quantity(0, scale: 9) == Quantity(0))
    }
}
