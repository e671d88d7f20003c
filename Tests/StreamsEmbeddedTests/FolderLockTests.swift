import Foundation
import StreamsEmbedded
import Testing

@Suite struct FolderLockTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func aSecondHolderIsToldWhoHasTheRole() throws {
        let lock = try FolderLock(folder: folder.path, role: "ingest")
        let held = StorageError.held(
            path: folder / "ingest.lock",
            pid: Int(ProcessInfo.processInfo.processIdentifier)
        )
        #expect(throws: held) { try FolderLock(folder: folder.path, role: "ingest") }
        lock.release()
        _ = try FolderLock(folder: folder.path, role: "ingest")
    }

    @Test func rolesDoNotDisturbEachOther() throws {
        let ingest = try FolderLock(folder: folder.path, role: "ingest")
        let run = try FolderLock(folder: folder.path, role: "run")
        withExtendedLifetime((ingest, run)) {}
    }

    @Test func theRoleIsFreeOnceTheValueIsGone() throws {
        var lock: FolderLock? = try FolderLock(folder: folder.path, role: "run")
        #expect(throws: StorageError.self) { try FolderLock(folder: folder.path, role: "run") }
        lock = nil
        #expect(lock == nil)
        _ = try FolderLock(folder: folder.path, role: "run")
    }

    /// The kernel gives the lock back however its holder ends.
    @Test func anotherProcessHoldsTheRoleUntilItIsKilled() throws {
        let path = folder / "run.lock"
        let holder = Process()
        holder.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
        holder.arguments = [path, "-c", "echo 4711 > \(path); echo ready; exec sleep 60"]
        let output = Pipe()
        holder.standardOutput = output
        try holder.run()
        _ = output.fileHandleForReading.availableData
        #expect(throws: StorageError.held(path: path, pid: 4711)) {
            try FolderLock(folder: folder.path, role: "run")
        }
        // flock runs the shell as a child of its own, which shares the lock.
        let killer = Process()
        killer.executableURL = URL(fileURLWithPath: "/usr/bin/pkill")
        killer.arguments = ["-9", "-P", String(holder.processIdentifier)]
        try killer.run()
        killer.waitUntilExit()
        holder.waitUntilExit()
        _ = try FolderLock(folder: folder.path, role: "run")
    }

    @Test func aFolderThatIsNotThereIsAnErrorOfTheFile() {
        let missing = FileError(.notFound, operation: "open", path: folder / "no/run.lock")
        #expect(throws: StorageError.file(missing)) {
            try FolderLock(folder: folder / "no", role: "run")
        }
    }
}
