import Events
import Testing

@Suite struct MoneyTests {
    @Test(
        arguments: [
            ("0", 0), ("-0.000", 0), ("1", 1_000_000_000), ("307.049562", 307_049_562_000),
            ("0.000000001", 1), ("0.00000000100000000000000000000000000000", 1),
            ("1e-9", 1), ("1.5E3", 1_500_000_000_000), ("150e-2", 1_500_000_000),
            ("0.0000000000000000001e10", 1), ("9223372036.854775807", .max),
            ("-9223372036.854775808", .min), ("0e999999999999", 0), ("-2.5", -2_500_000_000),
        ] as [(String, Int64)]
    )
    func readsExactly(text: String, nanos: Int64) throws {
        #expect(try Money(text, .usd).nanos == nanos)
    }

    @Test(
        arguments: [
            ("9223372036.854775808", .overflow), ("-9223372036.854775809", .overflow),
            ("1e10", .overflow), ("1e99999999999999999999", .overflow),
            ("99999999999999999999999", .overflow), ("0.0000000001", .tooManyPlaces),
            ("1.0000000005", .tooManyPlaces), ("1e-10", .tooManyPlaces),
            ("0.1234567890123456789012345", .tooManyPlaces), ("NaN", .notANumber),
            ("Infinity", .notANumber), ("", .notANumber), ("1,5", .notANumber), ("+1", .notANumber),
            ("1.", .notANumber), (".5", .notANumber), ("00", .notANumber), ("0x10", .notANumber),
            ("1 USD", .notANumber), (" 1", .notANumber),
        ] as [(String, EventError.Problem)]
    )
    func refusesWhatItCannotHold(text: String, problem: EventError.Problem) {
        #expect(throws: EventError(problem)) { try Money(text, .usd) }
    }

    @Test func writesWithoutZerosThatSayNothing() {
        #expect("\(Money(nanos: 0, currency: .usd))" == "0 USD")
        #expect("\(Money(nanos: 1_500_000_000, currency: .usd))" == "1.5 USD")
        #expect("\(Money(nanos: 1, currency: .usd))" == "0.000000001 USD")
        #expect("\(Money(nanos: .max, currency: .usd))" == "9223372036.854775807 USD")
        #expect("\(Money(nanos: .min, currency: .usd))" == "-9223372036.854775808 USD")
    }

    @Test func takesThreeUpperCaseLettersAsCurrency() {
        #expect(Currency("EUR")?.description == "EUR")
        #expect(Currency("AZA") != nil)
        for text in ["", "EU", "EURO", "eur", "EU1", "E R", "@AA", "[ZZ", "éU", "A\u{0}A"] {
            #expect(Currency(text) == nil, "\(text)")
        }
    }
}
