import Events
import Testing

@Suite struct PricebookTests {
    private func book(_ text: String) throws -> Pricebook {
        let bytes = Array(text.utf8)
        return try Pricebook(csv: bytes.span)
    }

    @Test func readsPricesAndKeepsTheBuiltInOnes() throws {
        let book = try book(
            "\u{feff}resource_type,unit,price,currency\r\ninput_token,1000,0.25,USD\r\n\r\ngpu,1,2,EUR"
        )
        #expect(book["input_token"]?.unit == 1_000)
        #expect(book["input_token"]?.amount == Money(nanos: 250_000_000, currency: .usd))
        #expect(book["output_token"] == Pricebook.builtIn["output_token"])
        #expect(book["output_token"]?.amount.nanos == 15_000_000_000)
        #expect(book["gpu"] != nil)
        #expect(book["cpu"] == nil)
    }

    @Test(
        arguments: [
            ("", 1, .header), ("type,unit\n", 1, .header), ("a,1,1,USD\n", 1, .header),
            ("H\na,1,1\n", 2, .columns(3)), ("H\na,1,1,USD,x\n", 2, .columns(5)),
            ("H\na,0,1,USD\n", 2, .field("unit", .notANumber)),
            ("H\na,x,1,USD\n", 2, .field("unit", .notANumber)),
            ("H\na,1,-1,USD\n", 2, .field("price", .negative)),
            ("H\na,1,0.0000000001,USD\n", 2, .field("price", .tooManyPlaces)),
            ("H\na,1,NaN,USD\n", 2, .field("price", .notANumber)),
            ("H\na,1,1,usd\n", 2, .field("currency", .badCurrency)),
            ("H\n,1,1,USD\n", 2, .field("resource_type", .empty)),
            ("H\na,1,1,USD\n\na,1,2,USD\n", 4, .twice("a")),
        ] as [(String, Int, PricebookError.Problem)]
    )
    func namesTheLineOfAMistake(text: String, line: Int, problem: PricebookError.Problem) {
        let csv = text.replacing("H", with: "resource_type,unit,price,currency")
        #expect(throws: PricebookError(line: line, problem)) { try book(csv) }
    }

    @Test func refusesBytesThatAreNoText() {
        let bytes = Array("resource_type,unit,price,currency\na,".utf8) + [0xff]
        #expect(throws: PricebookError(line: 2, .badUTF8)) { try Pricebook(csv: bytes.span) }
    }

    @Test func refusesTokensForTwoCurrencies() throws {
        let book = try book("resource_type,unit,price,currency\ninput_token,1,1,EUR\n")
        #expect(throws: PricebookError(line: 0, .currencies)) {
            try TraceDecoder(source: "s", pricebook: book)
        }
    }
}
