import CommandLineInterface
import Dispatch
import Glibc
package import Streams

/// What SIGTERM and SIGINT do while a command works: the first asks it to end, the second ends it.
///
/// Made once, by a command that has something to finish. Another command ends at once, as the
/// system does it, and has nothing to lose.
package final class Shutdown: Sendable {
    /// Requested by the first signal.
    package let drain: DrainSwitch
    /// Readable from the first signal on, for whoever waits for a file.
    package let wakeDescriptor: Int32

    package init(drain: DrainSwitch = DrainSwitch()) {
        self.drain = drain
        var pipeEnds: [Int32] = [-1, -1]
        let answer = unsafe pipe(&pipeEnds)
        precondition(answer == 0, "a process that starts has descriptors left")
        wakeDescriptor = pipeEnds[0]
        let writeEnd = pipeEnds[1]
        let queue = DispatchQueue(label: "caracal.shutdown")
        for number in [SIGTERM, SIGINT] {
            // The source sees a signal only if the system does nothing of its own.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            // The handler holds the source, which so lives as long as the process.
            source.setEventHandler {
                if drain.isRequested || source.data > 1 { _exit(ExitCode.terminated.rawValue) }
                drain.request()
                close(writeEnd)
            }
            source.resume()
        }
    }

    package var isRequested: Bool { drain.isRequested }
}
