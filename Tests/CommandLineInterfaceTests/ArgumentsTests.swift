import Testing

@testable import CommandLineInterface

@Suite struct ArgumentsTests {
    enum Colour: String, CaseIterable { case red, green }

    static let lanes = Parameter.option("lanes", .wholeNumber(in: 1...8), help: "Lanes.")
        .defaulting(to: 2)
    static let batch = Parameter.option("batch", .wholeNumber(in: 1...99), help: "Batch.")
    static let label = Parameter.option("label", .text, help: "Label.").repeated
    static let output = Parameter.option("output", short: "o", .path(), help: "Output.").optional
    static let colour = Parameter<Colour>.option("colour", .choice("NAME"), help: "Colour.")
        .optional(default: "none")
    static let json = Parameter.flag("json", help: "JSON.")
    static let folder = Parameter.argument("dir", .path("DIR"), help: "Folder.")
    static let file = Parameter.argument("file", .path(), help: "File.").optional
    static let command = Command(
        "run",
        about: "Run.",
        parameters: [lanes, batch, label, output, colour, json, folder, file],
        action: { _, _ in .success }
    )

    @Test func readsEveryKindOfParameter() throws {
        let arguments = try parse(
            "--batch 3 data --lanes=8 --label a --json --label=b=c -o out --colour green more"
        )
        #expect(try arguments[Self.batch] == 3)
        #expect(try arguments[Self.lanes] == 8)
        #expect(try arguments[Self.label] == ["a", "b=c"])
        #expect(try arguments[Self.json])
        #expect(try arguments[Self.output] == "out")
        #expect(try arguments[Self.colour] == .green)
        #expect(try arguments[Self.folder] == "data")
        #expect(try arguments[Self.file] == "more")
    }

    @Test func leavesOutWhatIsNotGiven() throws {
        let arguments = try parse("--batch 3 -")
        #expect(try arguments[Self.lanes] == 2)
        #expect(try arguments[Self.label] == [])
        #expect(try !arguments[Self.json])
        #expect(try arguments[Self.output] == nil)
        #expect(try arguments[Self.colour] == nil)
        #expect(try arguments[Self.folder] == "-")
        #expect(try arguments[Self.file] == nil)
    }

    @Test func takesWhatFollowsTwoDashesAsItIs() throws {
        #expect(try parse("--batch 3 -- --json")[Self.folder] == "--json")
    }

    @Test(arguments: [
        ("--bacth 3 data", "unknown option '--bacth'; did you mean '--batch'?"),
        ("--color red data", "unknown option '--color'; did you mean '--colour'?"),
        ("--frobnicate data", "unknown option '--frobnicate'"),
        ("-x data", "unknown option '-x'"),
        ("data", "--batch is missing"),
        ("--batch 3", "DIR is missing"),
        ("--batch", "--batch needs a value"),
        ("--batch --json data", "--batch needs a value"),
        ("--batch= data", "--batch: '' is not a whole number from 1 to 99"),
        ("--batch +3 data", "--batch: '+3' is not a whole number from 1 to 99"),
        ("--batch 100 data", "--batch: '100' is not a whole number from 1 to 99"),
        ("--batch 3 --batch 4 data", "--batch is given twice"),
        ("--batch 3 -o a --output b data", "--output is given twice"),
        ("--batch 3 --json=yes data", "--json takes no value"),
        ("--batch 3 --colour blue data", "--colour: 'blue' is not one of red, green"),
        ("--batch 3 data more evenmore", "unknown argument 'evenmore'"),
    ])
    func saysWhatIsWrong(words: String, message: String) {
        #expect(throws: CommandError.usage(message)) { try parse(words) }
    }

    private func parse(_ words: String) throws(CommandError) -> Arguments {
        try Arguments(words.split(separator: " ").map(String.init), for: Self.command)
    }
}
