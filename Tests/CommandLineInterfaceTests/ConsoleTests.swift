import CommandLineInterface
import Testing

@Suite struct ConsoleTests {
    @Test(arguments: [
        ("plain, ä, €, \u{1F600}\t2", "plain, ä, €, \u{1F600}\t2"),
        ("a\u{1B}]0;title\u{7}b", "a\\u001b]0;title\\u0007b"),
        ("a\u{7F}\u{9B}31m\rb", "a\\u007f\\u009b31m\\u000db"),
        ("two\nlines", "two\nlines"),
    ])
    func hasNoControlCharacterOfALineReachATerminal(line: String, written: String) throws {
        let transcript = Transcript()
        try transcript.console.output(line)
        transcript.console.errors(line)
        #expect(transcript.output == written)
        #expect(transcript.errors == written)
    }

    @Test func quotesLineFeedsWhereOneLineIsWanted() {
        #expect("a\nb\u{85}\tc".onOneLine == "a\\u000ab\\u0085\tc")
    }

    @Test func leavesBytesAsTheyAre() throws {
        let transcript = Transcript()
        try transcript.console.output(bytes: [0x1b, 0x41])
        #expect(transcript.output == "\u{1B}A")
    }
}
