import Assembly
import CommandLineInterface
import Streams
import Synchronization

/// Shows on standard error how far a command is, by the real clock.
final class ProgressMeter: Sendable {
    private let clock = Runtime.live().clock
    private let console: Console
    private let progress: Mutex<Progress>

    init(_ label: String, unit: String, done: Int = 0, _ console: Console) {
        self.console = console
        progress = Mutex(
            Progress(
                label,
                unit: unit,
                done: done,
                terminalWidth: console.terminalWidth,
                now: clock.now()
            )
        )
    }

    func update(done: Int, of total: Int?) {
        let now = clock.now()
        let text = progress.withLock { $0.update(done: done, of: total, now: now) }
        if let text { console.errors(text: text) }
    }

    /// Removes the bar.
    func finish() {
        if let text = progress.withLock({ $0.finish() }) { console.errors(text: text) }
    }
}
