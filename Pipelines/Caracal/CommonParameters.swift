import CommandLineInterface

/// Parameters that several commands take.
enum Common {
    static let folder = Parameter.argument("dir", .path("DIR"), help: "The caracal folder.")
    static let json = Parameter.flag("json", help: "Print one JSON object.")
    static let config = Parameter.option(
        "config",
        .path(),
        help: "Settings, a line 'key = value' each; CARACAL_… variables go before it."
    ).optional
    static let key = Parameter.option("vkey", .text("KEY"), help: "The log's verifier key.")
}
