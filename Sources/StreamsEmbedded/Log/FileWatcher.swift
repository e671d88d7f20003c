private import CLinux
import Glibc
import Streams
import Synchronization

/// Calls back when one of a few files is written, by any process, without polling.
///
/// It blocks a thread of its own on the kernel's notices; nothing is noticed once the value is gone.
/// A change before ``subscribe(_:_:)`` is not told: who subscribes looks at the file afterwards.
final class FileWatcher: Sendable {
    private let subscribers = Mutex(Subscribers())
    /// An event counter that ends the thread.
    private let stop: Int32

    /// Watches `paths`.
    ///
    /// - Throws: ``FileError``, if one is missing or the system's limit of watches is reached.
    init(_ paths: [String]) throws(FileError) {
        let notices = inotify_init1(Int32(IN_CLOEXEC))
        guard notices >= 0 else {
            throw FileError(code: errno, operation: "watch", path: paths.first ?? "")
        }
        var watches: [Int32: Int] = [:]
        for (index, path) in paths.enumerated() {
            let watch = unsafe inotify_add_watch(notices, path, UInt32(IN_MODIFY))
            guard watch >= 0 else {
                let code = errno
                close(notices)
                throw FileError(code: code, operation: "watch", path: path)
            }
            watches[watch] = index
        }
        stop = eventfd(0, Int32(EFD_CLOEXEC))
        guard stop >= 0 else {
            let code = errno
            close(notices)
            throw FileError(code: code, operation: "watch", path: paths.first ?? "")
        }
        // The thread must not keep this value alive, or nothing would ever end it.
        let thread = NoticeThread(notices: notices, stop: stop, watches: watches)
        BlockingExecutor(label: "caracal.watch").run { [weak self] in
            while let changed = thread.next() { self?.tell(changed) }
            thread.end()
        }
    }

    deinit {
        if stop >= 0 { eventfd_write(stop, 1) }
    }

    /// Calls `body` after each change of the file at this place of the paths.
    ///
    /// - Returns: What ``cancel(_:)`` takes.
    func subscribe(_ file: Int, _ body: @escaping @Sendable () -> Void) -> Int {
        subscribers.withLock { $0.add(file, body) }
    }

    /// Ends a subscription.
    func cancel(_ id: Int) {
        _ = subscribers.withLock { $0.bodies.removeValue(forKey: id) }
    }

    private func tell(_ files: Set<Int>) {
        let bodies = subscribers.withLock { state in
            state.bodies.values.filter { files.contains($0.file) }
        }
        for subscriber in bodies { subscriber.body() }
    }
}

private struct Subscribers: Sendable {
    var bodies: [Int: (file: Int, body: @Sendable () -> Void)] = [:]
    private var nextID = 0

    mutating func add(_ file: Int, _ body: @escaping @Sendable () -> Void) -> Int {
        defer { nextID += 1 }
        bodies[nextID] = (file, body)
        return nextID
    }
}

/// The blocking side: waits for notices, and closes both descriptors at the end.
private struct NoticeThread: Sendable {
    let notices: Int32
    let stop: Int32
    let watches: [Int32: Int]

    /// Waits, and returns which files have changed, or `nil` when it is to end.
    func next() -> Set<Int>? {
        var waits = [
            pollfd(fd: notices, events: Int16(POLLIN), revents: 0),
            pollfd(fd: stop, events: Int16(POLLIN), revents: 0),
        ]
        while unsafe poll(&waits, 2, -1) < 0 {
            if errno != EINTR { return nil }
        }
        if waits[1].revents != 0 { return nil }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe read(notices, &bytes, bytes.count)
        guard count > 0 else { return errno == EINTR || errno == EAGAIN ? [] : nil }
        return changed(bytes, count)
    }

    private func changed(_ bytes: [UInt8], _ count: Int) -> Set<Int> {
        let header = MemoryLayout<inotify_event>.size
        let span = bytes.span
        var changed: Set<Int> = []
        var position = 0
        while position + header <= count {
            // A queue that ran over has watch -1: everything may have changed.
            let watch = span.integer(at: position, as: Int32.self)
            if let file = watches[watch] {
                changed.insert(file)
            } else {
                changed.formUnion(watches.values)
            }
            position += header + Int(span.integer(at: position + 12, as: UInt32.self))
        }
        return changed
    }

    /// Closes both once the watcher is gone: a number that is free again may be another file's.
    func end() {
        var count: eventfd_t = 0
        while unsafe eventfd_read(stop, &count) != 0, errno == EINTR {}
        close(notices)
        close(stop)
    }
}
