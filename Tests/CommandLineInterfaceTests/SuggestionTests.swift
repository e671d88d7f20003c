import Testing

@testable import CommandLineInterface

@Suite struct SuggestionTests {
    @Test(arguments: [
        ("verfy", "verify"), ("verifyy", "verify"), ("evrify", "verify"), ("dqls", nil),
        ("stauts", "status"), ("x", nil), ("", nil), ("reciept", "receipt"), ("runn", "run"),
        (String(repeating: "v", count: 10_000), nil),
    ])
    func findsTheNameThatWasMeant(word: String, name: String?) {
        let names = ["verify", "status", "receipt", "receipt-verify", "run", "dlq"]
        #expect(suggestion(for: word, among: names) == name)
    }
}
