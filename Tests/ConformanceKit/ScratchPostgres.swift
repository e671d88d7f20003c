import Foundation
import Synchronization

/// A PostgreSQL of one's own in a temporary folder, which can be killed and started again.
///
/// Ends with the process, however that ends, and leaves nothing behind.
public final class ScratchPostgres: Sendable {
    static let programs = "/usr/lib/postgresql/15/bin"

    /// Why a test was not run.
    public static let need: String = "needs PostgreSQL 15 in /usr/lib/postgresql"

    /// Whether the server's programs are installed.
    public static var isAvailable: Bool {
        FileManager.default.isExecutableFile(atPath: "\(programs)/initdb")
    }

    /// For a superuser, without a database.
    public let url: String
    private let pipes: Mutex<Pipes>

    /// Commands go to the server's guard, which ends it when there are no more.
    private struct Pipes {
        let commands = Pipe()
        let answers = Pipe()
    }

    /// Where its files are.
    public let folder: String

    /// The folder of a small disk, if it has one; a tablespace can be made there.
    public var smallDisk: String { "\(folder)/small" }

    /// Whether a server can have a small disk: for that one has to be root, and allowed to mount.
    public static let canHaveSmallDisk: Bool = {
        guard isAvailable, getuid() == 0 else { return false }
        let script =
            "d=$(mktemp -d) && mount -t tmpfs none $d && umount $d; e=$?; rmdir $d; exit $e"
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", script]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    /// Starts a server on a free port.
    ///
    /// - Parameter smallDisk: The size in MiB of a disk that is not the one with its data folder;
    ///   `nil` for none.
    /// - Throws: ``PostgresServerError``.
    public init(smallDisk: Int? = nil) throws {
        let port = try Self.freePort()
        folder = "/tmp/caracal-postgres.\(UUID().uuidString.prefix(13))"
        let pipes = Pipes()
        let guardian = Process()
        guardian.executableURL = URL(filePath: "/bin/sh")
        guardian.arguments = [
            "-c", Self.script, Self.programs, "\(port)", folder, smallDisk.map { "\($0)" } ?? "",
        ]
        guardian.standardInput = pipes.commands
        guardian.standardOutput = pipes.answers
        try guardian.run()
        url = "postgres://postgres@127.0.0.1:\(port)"
        self.pipes = Mutex(pipes)
        try self.pipes.withLock { try Self.wait(for: "started", $0) }
    }

    deinit {
        pipes.withLock { pipes in
            pipes.commands.fileHandleForWriting.closeFile()
        }
    }

    /// Ends the server at once, as a crash would.
    public func kill() throws {
        try tell("kill", answer: "killed")
    }

    /// Starts the server again.
    public func start() throws {
        try tell("start", answer: "started")
    }

    private func tell(_ command: String, answer: String) throws {
        try pipes.withLock { pipes in
            try pipes.commands.fileHandleForWriting.write(contentsOf: Data("\(command)\n".utf8))
            try Self.wait(for: answer, pipes)
        }
    }

    private static func wait(for answer: String, _ pipes: Pipes) throws {
        let line = String(decoding: pipes.answers.fileHandleForReading.availableData, as: UTF8.self)
        guard line == "\(answer)\n" else {
            throw PostgresServerError(description: "the scratch server was not \(answer): \(line)")
        }
    }

    /// Runs a server as a user that is not root, and does what it reads, a line at a time.
    private static let script = """
        folder=$2
        mkdir -m 755 "$folder" || exit 1
        as=
        if [ "$(id -u)" = 0 ]; then
            chown postgres "$folder"
            as="setpriv --reuid=postgres --regid=postgres --clear-groups"
        fi
        cd "$folder"
        if [ -n "$3" ]; then
            mkdir small && mount -t tmpfs -o "size=$3m,mode=700,uid=$(id -u postgres)" none small \
                || exit 1
        fi
        $as "$0/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 \
            >"$folder/initdb.log" 2>&1 </dev/null || { cat "$folder/initdb.log" >&2; exit 1; }
        start() {
            $as "$0/pg_ctl" -D "$folder/data" -l "$folder/log" -w -s -o "-h 127.0.0.1 -p $1 \
                -k $folder -c fsync=off -c shared_buffers=64MB -c max_connections=200" start \
                </dev/null >/dev/null || { cat "$folder/log" >&2; rm -rf "$folder"; exit 1; }
            echo started
        }
        end() {
            $as "$0/pg_ctl" -D "$folder/data" -m immediate -w stop </dev/null >/dev/null 2>&1
        }
        start "$1"
        while read -r line; do
            case $line in
                kill) end; echo killed ;;
                start) start "$1" ;;
            esac
        done
        end
        if [ -n "$3" ]; then umount -l "$folder/small"; fi
        rm -rf "$folder"
        """

    static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(descriptor, pointer, size) == 0
                    && getsockname(descriptor, pointer, &size) == 0
            }
        }
        guard isBound else { throw PostgresServerError(description: "no free port") }
        return UInt16(bigEndian: address.sin_port)
    }
}
