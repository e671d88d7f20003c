import Events
import Testing

@Suite struct EventCSVTests {
    private func row(_ json: String) throws -> String {
        let canonical = try Event(json: Array(json.utf8).span).canonicalBytes
        let view = try EventView(validating: canonical.span, in: 0..<canonical.count)
        var out: [UInt8] = []
        EventCSV.append(view, canonical.span, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    @Test func writesEveryColumn() throws {
        let row = try row(
            #"""
            {"event_id":"e","agent_id":"a","resource_type":"api, call","timestamp":1500,
            "cost":"0.50","currency":"USD","quantity":2.5,"metadata":{"n":1.0,"t":"x"}}
            """#
        )
        #expect(
            row
                == #"e,metering,a,"api, call",1970-01-01T00:00:01.5Z,2.5,0.5,USD,"# + ""
                + #""{""n"":1.0,""t"":""x""}""#
        )
        #expect(EventCSV.columns.count == 9)
    }

    @Test func leavesFieldsOfOtherKindsEmpty() throws {
        let row = try row(
            #"{"event_id":"e","agent_id":"a","timestamp":0,"event_type":"agent_lifecycle","# + ""
                + #""lifecycle_event":"deleted"}"#
        )
        #expect(row == "e,agent_lifecycle,a,,1970-01-01T00:00:00Z,,,,")
    }

    @Test(arguments: [
        ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@x", "'@x"), ("\tx", "'\tx"),
        ("\r=1", "\"'\r=1\""), ("=\"a\",1", "\"'=\"\"a\"\",1\""), ("a=1", "a=1"), ("", ""),
        ("a\nb", "\"a\nb\""), (" a", "\" a\""), ("say \"x\"", "\"say \"\"x\"\"\""),
    ])
    func guardsAgainstFormulas(text: String, field: String) {
        let bytes = Array(text.utf8)
        var out: [UInt8] = []
        EventCSV.append(field: bytes.span, 0..<bytes.count, to: &out)
        #expect(String(decoding: out, as: UTF8.self) == field)
    }
}
