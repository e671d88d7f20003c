// swift-tools-version: 6.2
import PackageDescription

/// One list of settings for every Swift target, so no target can be laxer than another.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// A library target in `Sources`.
func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A test target in `Tests`; `exclude` holds data and programs that tests read as files.
func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name,
        dependencies: dependencies,
        exclude: exclude,
        swiftSettings: strict
    )
}

/// A target outside `Sources`, at `path`.
func program(_ name: String, at path: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

let package = Package(
    name: "caracal",
    products: [
        .library(name: "Streams", targets: ["Streams"]),
        .library(name: "StreamsTesting", targets: ["StreamsTesting"]),
        .library(name: "StreamsEmbedded", targets: ["StreamsEmbedded"]),
        .library(name: "Merkle", targets: ["Merkle"]),
        .library(name: "Checkpoints", targets: ["Checkpoints"]),
        .executable(name: "caracal", targets: ["caracal"]),
        .executable(name: "ledger-writer", targets: ["ledger-writer"]),
        .executable(name: "spend-meter", targets: ["SpendMeter"]),
    ],
    targets: [
        // Layer 0: system libraries and C.
        .systemLibrary(
            name: "COpenSSL",
            pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"])]
        ),
        .systemLibrary(
            name: "CSQLite",
            pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"])]
        ),
        .systemLibrary(
            name: "CLibrdkafka",
            pkgConfig: "rdkafka",
            providers: [.apt(["librdkafka-dev"])]
        ),
        .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CLinux"),
        .target(name: "CSHA256"),
        .target(name: "CChecksums"),
        library("Cryptography", ["COpenSSL", "CSHA256"]),

        // Layer 1: pure values.
        library("Events", ["Cryptography"]),
        library("Merkle", ["Cryptography"]),
        library("Checkpoints", ["Cryptography", "Merkle"]),

        // Layer 2: the framework and the contracts.
        library("Streams"),
        library("StreamsTesting", ["Streams"]),
        library("Ledgers", ["Checkpoints", "Cryptography", "Events", "Merkle", "Streams"]),
        library("Telemetry"),
        library("Settings"),
        library("CommandLineInterface"),

        // Layer 3: adapters.
        library("StreamsEmbedded", ["CChecksums", "CLinux", "Streams"]),
        library(
            "LedgersEmbedded",
            [
                "CChecksums", "CSQLite", "Checkpoints", "Cryptography", "Events", "Ledgers",
                "Merkle", "Streams", "StreamsEmbedded",
            ]
        ),
        library("StreamsKafka", ["CLibrdkafka", "CLinux", "Streams"]),
        library("StreamsPostgres", ["CLibpq", "CLinux", "Streams"]),
        library(
            "LedgersPostgres",
            [
                "Checkpoints", "Cryptography", "Events", "Ledgers", "Merkle", "Streams",
                "StreamsPostgres",
            ]
        ),
        library("HTTPServing", ["CLinux", "Streams"]),

        // Layer 4: adapters put together, with one life.
        library(
            "Assembly",
            [
                "Checkpoints", "CommandLineInterface", "Cryptography", "Ledgers", "Streams",
            ]
        ),

        // Layer 5: graphs and executables.
        .target(
            name: "LedgerGraph",
            dependencies: ["Cryptography", "Events", "Ledgers", "Merkle", "Streams"],
            path: "Pipelines/LedgerGraph",
            swiftSettings: strict
        ),
        program(
            "caracal",
            at: "Pipelines/Caracal",
            [
                "Assembly", "CLinux", "Checkpoints", "CommandLineInterface", "Cryptography",
                "Events", "LedgerGraph", "Ledgers", "LedgersEmbedded", "LedgersPostgres", "Merkle",
                "Settings", "Streams", "StreamsEmbedded", "StreamsKafka", "StreamsPostgres",
                "Telemetry",
            ]
        ),
        program(
            "ledger-writer",
            at: "Pipelines/LedgerWriter",
            [
                "Assembly", "CLinux", "Checkpoints", "CommandLineInterface", "Cryptography",
                "Events", "HTTPServing", "LedgerGraph", "Ledgers", "LedgersPostgres", "Merkle",
                "Settings", "Streams", "StreamsEmbedded", "StreamsKafka", "StreamsPostgres",
                "Telemetry",
            ]
        ),

        // Samples.
        program("SpendMeter", at: "Samples/SpendMeter", ["CommandLineInterface", "Streams"]),

        // Tests.
        program(
            "benchmarks",
            at: "Tests/Benchmarks",
            [
                "COpenSSL", "Checkpoints", "Cryptography", "Events", "LedgerGraph", "Ledgers",
                "LedgersEmbedded", "Merkle", "Streams", "StreamsEmbedded", "StreamsKafka",
                "StreamsPostgres",
            ]
        ),
        .target(
            name: "ConformanceKit",
            dependencies: [
                "Checkpoints", "Cryptography", "Events", "Ledgers", "Merkle", "Streams",
            ],
            path: "Tests/ConformanceKit",
            swiftSettings: strict
        ),
        program(
            "seeds",
            at: "Tests/Seeds",
            [
                "ConformanceKit", "Cryptography", "LedgerGraph", "Ledgers", "Merkle", "Streams",
                "StreamsTesting",
            ]
        ),
        tests("SeedsTests", ["seeds"]),
        tests("CryptographyTests", ["Cryptography"]),
        tests("EventsTests", ["Events", "Cryptography", "StreamsTesting"], exclude: ["Golden"]),
        tests("MerkleTests", ["Merkle", "Cryptography", "StreamsTesting"], exclude: ["Vectors"]),
        tests(
            "CheckpointsTests",
            ["Checkpoints", "Cryptography", "Merkle", "StreamsTesting"],
            exclude: ["Vectors"]
        ),
        tests(
            "StreamsTests",
            ["ConformanceKit", "Streams", "StreamsTesting"],
            exclude: ["Wirings"]
        ),
        tests("StreamsTestingTests", ["Streams", "StreamsTesting"]),
        tests(
            "StreamsEmbeddedTests",
            ["CChecksums", "ConformanceKit", "Streams", "StreamsEmbedded", "StreamsTesting"]
        ),
        tests(
            "LedgersTests",
            [
                "Checkpoints", "ConformanceKit", "Cryptography", "Events", "LedgerGraph", "Ledgers",
                "Merkle", "Streams", "StreamsTesting",
            ]
        ),
        tests(
            "LedgersEmbeddedTests",
            [
                "Checkpoints", "ConformanceKit", "Cryptography", "Events", "Ledgers",
                "LedgersEmbedded", "Merkle", "Streams", "StreamsEmbedded",
            ]
        ),
        tests("StreamsKafkaTests", ["ConformanceKit", "Streams", "StreamsKafka"]),
        tests("StreamsPostgresTests", ["ConformanceKit", "Streams", "StreamsPostgres"]),
        tests(
            "LedgersPostgresTests",
            [
                "Checkpoints", "ConformanceKit", "Cryptography", "Events", "Ledgers",
                "LedgersPostgres", "Merkle", "Streams", "StreamsPostgres",
            ]
        ),
        tests("HTTPServingTests", ["HTTPServing", "Streams"]),
        tests(
            "LedgerWriterTests",
            [
                "Checkpoints", "ConformanceKit", "Cryptography", "Events", "HTTPServing",
                "LedgerGraph", "Ledgers", "LedgersPostgres", "Merkle", "Streams", "StreamsKafka",
                "StreamsPostgres", "StreamsTesting", "Telemetry", "caracal", "ledger-writer",
            ]
        ),
        tests("TelemetryTests", ["Telemetry"]),
        tests("SettingsTests", ["Settings"]),
        tests("CommandLineInterfaceTests", ["CommandLineInterface"]),
        tests("CaracalTests", ["Checkpoints", "Cryptography", "Merkle", "caracal"]),
        tests("SpendMeterTests", ["SpendMeter", "Streams", "StreamsTesting"]),
        tests("TidyTests", []),
    ]
)
