import CommandLineInterface
import StreamsEmbedded
import Synchronization

/// Says on standard error which rows became dead letters; the first ones, and then how many.
final class LetterReporter: Sendable {
    private static let linesMax = 10

    private let path: String
    private let console: Console
    private let count = Mutex(0)

    init(_ path: String, _ console: Console) {
        self.path = path
        self.console = console
    }

    func report(_ letter: IngestLetter) {
        let number = count.withLock { count in
            count += 1
            return count
        }
        guard number <= Self.linesMax else { return }
        let line = "\(path):\(letter.line): \(letter.reason): \(letter.message)"
        console.errors(line.onOneLine)
    }

    /// Says how many were not shown, and what can be done.
    func finish() {
        let number = count.withLock { $0 }
        if number > Self.linesMax { console.errors("… and \(number - Self.linesMax) more") }
        if number > 0 {
            console.errors(
                "\(number) dead letter\(number == 1 ? "" : "s"); see 'caracal dlq list', 'caracal dlq retry'"
            )
        }
    }
}
