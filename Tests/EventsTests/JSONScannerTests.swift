import Events
import Testing

@Suite struct JSONScannerTests {
    private func event(_ members: String) throws -> Event {
        let json =
            Array(
                #"{"event_id":"e","agent_id":"a","timestamp":1,"resource_type":"r","cost":1,"#.utf8
            ) + Array(#""currency":"USD",\#(members)}"#.utf8)
        return try Event(json: json.span)
    }

    @Test(arguments: [
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"), (#""\u0041\u00e9\u6F22""#, "Aé漢"),
        (#""\ud83d\uDE00""#, "😀"), (#""\u0000""#, "\u{0}"), (#""a\u0062c""#, "abc"),
        ("\"é漢😀\"", "é漢😀"),
        ("\"0123456789abcdef\\n0123456789abcdef\"", "0123456789abcdef\n0123456789abcdef"),
        ("\"\u{7f}\"", "\u{7f}"), ("\"\"", ""),
    ])
    func readsStrings(json: String, text: String) throws {
        guard case .text(let value) = try event("\"k\":\(json)").metadata["k"] else {
            Issue.record("no text")
            return
        }
        #expect(Array(value.utf8) == Array(text.utf8))
    }

    @Test func readsKeysWithEscapes() throws {
        #expect(try event(#""produ\u0063er_id":"p""#).producer == "p")
        #expect(try event(#""a\u0062":null"#).metadata["ab"] != nil)
    }

    @Test(arguments: [
        #""k":"\x""#, #""k":"\u12""#, #""k":"\u12G4""#, #""k":"\ud83d""#, #""k":"\ud83dx""#,
        #""k":"\ud83d\u0041""#, #""k":"\ude00""#, "\"k\":\"\n\"", "\"k\":\"\u{1}\"", #""k":"x"#,
        #""k":"x\"#, #""k":tru"#, #""k":True"#, #""k":nul"#, #""k":fals3"#, #""k":01"#, #""k":+1"#,
        #""k":1."#, #""k":.5"#, #""k":-"#, #""k":1e"#, #""k":NaN"#, #""k":Infinity"#,
        #""k":-Infinity"#, #""k":0x1"#, #""k":'x'"#, #""k""#, #""k":"#, "k:1", #""k":1,"#,
        #""k":1 2"#, #""k":1}"#, #""k":[1,]"#, #""k":[1 2]"#, #""k":{"a"}"#, #""k":{1:2}"#,
        #""k":[}"#, #""k":[1"#, "\"k\"\u{a0}:1", "\"k\"\u{c}:1", #"/**/"k":1"#,
        #""metadata":{"a":1,}"#, #""metadata":{"a" 1}"#, #""metadata":{a:1}"#,
    ])
    func refusesWhatIsNotJSON(members: String) {
        let error = #expect(throws: EventError.self) { try event(members) }
        #expect(error?.problem == .malformedJSON)
    }

    @Test(arguments: ["", " ", "null", "[]", "\"x\"", "{", "{}x", "{\"a\":1", "\u{feff}{}", "{,}"])
    func refusesWhatIsNoObject(json: String) {
        let bytes = Array(json.utf8)
        let error = #expect(throws: EventError.self) { try Event(json: bytes.span) }
        #expect(error?.problem == .malformedJSON)
    }

    @Test(
        arguments: [
            [0x80], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80],
            [0xe2, 0x82],
            [0xff],
        ] as [[UInt8]]
    )
    func refusesBadUTF8(bytes: [UInt8]) {
        let json = Array(#"{"agent_id":"ab"#.utf8) + bytes + Array("c\"}".utf8)
        let error = #expect(throws: EventError.self) { try Event(json: json.span) }
        #expect(error == EventError(.badUTF8, field: "agent_id", at: 15))
    }

    /// Arrays and objects are passed over to their end, to a depth of 32, and then refused.
    @Test func refusesNestedValuesByName() {
        func check(_ members: String, _ problem: EventError.Problem, _ field: String) {
            let error = #expect(throws: EventError.self) { try event(members) }
            #expect(error?.problem == problem)
            #expect(error?.field == field)
        }
        check(#""k":[]"#, .nested, "k")
        check(#""k":{"a":[1,{"b":"]"}],"c":null}"#, .nested, "k")
        check(#""metadata":{"inner":{}}"#, .nested, "inner")
        check(#""producer_id":[1]"#, .nested, "producer_id")
        check(#""metadata":[]"#, .wrongType, "metadata")
        func brackets(_ count: Int) -> String {
            String(repeating: "[", count: count) + String(repeating: "]", count: count)
        }
        check("\"k\":" + brackets(31), .nested, "k")
        check("\"k\":" + brackets(32), .tooDeep, "k")
        check("\"k\":" + brackets(100_000), .tooDeep, "k")
        check("\"metadata\":{\"k\":" + brackets(30) + "}", .nested, "k")
        check("\"metadata\":{\"k\":" + brackets(31) + "}", .tooDeep, "k")
    }
}
