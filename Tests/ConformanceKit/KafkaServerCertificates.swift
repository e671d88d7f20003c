import Foundation

/// Keys and certificates for a Kafka of tests, made with `openssl` in a folder.
///
/// An authority, certificates of it for the broker (`broker`), one that has expired (`expired`), one
/// of another host (`stranger`), one for a client (`client`), whose key is also there under a
/// password, and an authority that nobody has asked (`other`).
public struct KafkaServerCertificates: Sendable {
    /// Of the client's locked key.
    public static let keyPassword = "k3y-h0rse"

    public let folder: String

    /// The path of one of the files, such as `ca.pem`.
    public func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// The text of a file as the value of a property.
    func property(_ name: String) throws -> String {
        try String(contentsOfFile: path(name), encoding: .utf8)
            .replacingOccurrences(of: "\n", with: "\\n")
    }

    init(in folder: String) throws {
        self.folder = folder
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true
        )
        let program = """
            set -e; cd "$1"
            key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
            for name in ca other; do
                openssl req -x509 $key -keyout $name.key -out $name.pem -days 30 -subj /CN=$name
            done
            make() {
                openssl req -new $key -keyout $1.key -out $1.csr -subj /CN=$1
                echo "subjectAltName=$2" >$1.ext
                openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key -extfile $1.ext -days $3 \
                    -out $1.pem
            }
            make broker IP:127.0.0.1 30
            make expired IP:127.0.0.1 -1
            make stranger DNS:kafka.example 30
            make client DNS:client 30
            openssl pkcs8 -topk8 -v2 aes256 -in client.key -passout pass:$2 -out client.locked.key
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", program, "bash", folder, Self.keyPassword]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw KafkaServer.Failure(
                description: "openssl failed: \(String(decoding: text, as: UTF8.self))"
            )
        }
    }
}
