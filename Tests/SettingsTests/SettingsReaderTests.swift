import Settings
import Testing

@Suite struct SettingsReaderTests {
    enum Mode: String, CaseIterable { case follow, deferred }

    let sources = [
        SettingsSource.commandLine([(key: "a", text: "1", word: "--a")]),
        .environment(["T_A": "2", "T_B-C": "0", "T_B_C": "2", "PATH": "/"], prefix: "T_"),
        .file("a = 3\r\nb-c=3\r\n\r\nd = 3", path: "t.conf"),
    ]

    @Test func takesTheFirstSourceThatHasASetting() throws {
        var reader = SettingsReader(sources)
        let values = ["a", "b-c", "d", "e"].map { reader.int($0, in: 0...9, default: 4) }
        try reader.finish()
        #expect(values == [1, 2, 3, 4])
        #expect(
            reader.effective == [
                "a = 1 (--a)", "b-c = 2 (T_B_C)", "d = 3 (t.conf:4)", "e = 4 (default)",
            ]
        )
    }

    @Test func takesWhateverIsUnderAPrefix() throws {
        var reader = SettingsReader([
            .commandLine([
                (key: "k.a.b", text: "1", word: "--set"), (key: "k.p", text: "s", word: "--set"),
            ]),
            .environment(["T_K_A_B": "2", "T_K_C": "3", "T_K_UNKNOWN": "4"], prefix: "T_"),
            .file("k.d = 5\nk.a.b = 6", path: "t.conf"),
        ])
        let texts = reader.texts(under: "k.", known: ["a.b", "c"], secrets: ["p"])
        reader.report("k.d: is not known")
        #expect(texts == ["a.b": "1", "c": "3", "d": "5", "p": "s"])
        #expect(
            reader.effective == [
                "k.a.b = 1 (--set)", "k.c = 3 (T_K_C)", "k.d = 5 (t.conf:1)",
                "k.p = <redacted> (--set)",
            ]
        )
        #expect(throws: SettingsError(problems: ["k.d: is not known"])) { try reader.finish() }
    }

    @Test func namesWhatIsMissing() {
        var reader = SettingsReader([.environment([:], prefix: "T_")])
        _ = reader.requiredText("a")
        _ = reader.requiredSecret("b")
        #expect(throws: SettingsError(problems: ["a: missing", "b: missing"])) {
            try reader.finish()
        }
    }

    @Test func namesEveryProblemAtOnce() {
        let file = """
            # The batch.
            batch.count = 90000
            batch.bytes = 64
            batch.wiat = 5 ms
            batch.wait: 5 ms

            index = sometimes
            batch.count = 9
            """
        var reader = SettingsReader([
            .environment(["CARACAL_BATCH_WAIT": "2 min"], prefix: "CARACAL_"),
            .file(file, path: "caracal.conf"),
        ])
        _ = reader.int("batch.count", in: 1...9_999, default: 1)
        _ = reader.byteCount("batch.bytes", in: 1_024...2_048, default: 1_024)
        _ = reader.duration("batch.wait", in: .zero ... .seconds(60), default: .zero)
        _ = reader.choice("index", default: Mode.follow)
        _ = reader.strings("servers")
        let error = #expect(throws: SettingsError.self) { try reader.finish() }
        #expect(
            error?.problems == [
                "caracal.conf:5: not a line 'key = value'",
                "caracal.conf:8: batch.count: already set, at caracal.conf:2",
                "caracal.conf:2: batch.count: '90000' is not a whole number in 1...9999",
                "caracal.conf:3: batch.bytes: '64' is not a size such as '8 MiB' "
                    + "(B, KiB, MiB, GiB) in 1024...2048 B",
                "CARACAL_BATCH_WAIT: batch.wait: '2 min' is not a time such as '20 ms' "
                    + "(us, ms, s, min, h) in 0.0 seconds...60.0 seconds",
                "caracal.conf:7: index: 'sometimes' is not one of follow, deferred",
                "servers: missing",
                "caracal.conf:4: batch.wiat: no such setting",
            ]
        )
    }

    @Test func readsNamesListsAndTexts() throws {
        var reader = SettingsReader([
            .file("index = deferred\nservers = a:1,  b:2\nfile = x y ", path: "t.conf")
        ])
        #expect(reader.choice("index", default: Mode.follow) == .deferred)
        #expect(reader.strings("servers") == ["a:1", "b:2"])
        #expect(reader.text("file") == "x y")
        #expect(reader.text("other") == nil)
        try reader.finish()
    }

    @Test func neverPrintsASecret() throws {
        var reader = SettingsReader([.file("password = hunter2", path: "t.conf")])
        let password = reader.secret("password")
        try reader.finish()
        let secret = try #require(password)
        var dumped = ""
        dump([secret], to: &dumped)
        let printed = ["\(secret)", "\([secret])", String(reflecting: secret), dumped]
        for text in printed + reader.effective {
            #expect(text.contains("<redacted>"))
            #expect(!text.contains("hunter2"))
        }
        #expect(secret.reveal() == "hunter2")
    }
}
