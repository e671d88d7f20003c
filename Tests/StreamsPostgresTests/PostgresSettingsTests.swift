import StreamsPostgres
import Testing

@Suite struct PostgresSettingsTests {
    @Test func readsAURL() throws {
        let settings = try PostgresSettings(
            url: "postgres://me%40here:s%2Fcret@db.example:6543/led%20ger"
                + "?sslmode=verify-full&sslrootcert=/etc/ca.pem&connect_timeout=3&pooled=true"
        )
        #expect(settings.user == "me@here")
        #expect(settings.host == "db.example")
        #expect(settings.port == 6_543)
        #expect(settings.database == "led ger")
        #expect(settings.security == .verifyFull)
        #expect(settings.options == ["sslrootcert": "/etc/ca.pem"])
        #expect(settings.connectTimeout == .seconds(3))
        #expect(settings.isPooled)
        #expect(settings.hasPassword)
    }

    @Test func readsAnAddressOfVersion6AndASocket() throws {
        let address = try PostgresSettings(url: "postgresql://[::1]:5433")
        #expect(address.host == "::1")
        #expect(address.port == 5_433)
        let socket = try PostgresSettings(url: "postgres:///db?host=/run/postgresql")
        #expect(socket.host == "/run/postgresql")
        #expect(socket.database == "db")
    }

    @Test(arguments: [
        "mysql://x", "postgres://h:0", "postgres://h:65536", "postgres://h:x", "postgres://[::1",
        "postgres://h/%zz", "postgres://h/%00", "postgres://h/%ff", "postgres://h/d?sslmode=on",
        "postgres://h/d?x=y", "postgres://h/d?pooled=maybe", "postgres://h/d?connect_timeout=0",
        "postgres://h/d?sslmode",
    ])
    func refusesWhatIsNoURL(text: String) {
        #expect(throws: PostgresURLError.self) { try PostgresSettings(url: text) }
    }

    @Test func neverShowsThePassword() throws {
        var settings = try PostgresSettings(url: "postgres://me:h0rse@db/x")
        settings.setPassword("b4ttery\nsecond line")
        var dumped = ""
        dump(settings, to: &dumped)
        for text in ["\(settings)", String(reflecting: settings), dumped] {
            #expect(!text.contains("h0rse"), "\(text)")
            #expect(!text.contains("b4ttery"), "\(text)")
        }
        for url in [
            "postgres://me:h0rse%zz@db/x", "postgres://me:h0rse@db:99999/x",
            "postgres://me:h0rse/@db:1/x", "postgres://me:5432/h0rse@db/x",
            "postgres://me:p?h0rse@db/x", "postgres://me:p?h0rse=1@db/x",
            "postgres://me:p@b/h0rse@db/x", "postgres://me:p@b?H0rse-h0rse=1@db/x",
            "postgres://db/x?password", "mysql://me:h0rse@db/x", "h0rse",
        ] {
            let error = #expect(throws: PostgresURLError.self) { try PostgresSettings(url: url) }
            #expect(!"\(String(describing: error))".contains("h0rse"))
        }
    }
}
