/// How far a long work is, as text for standard error.
///
/// On a terminal a bar with rate and time left that overwrites itself, elsewhere plain lines, so
/// that a log file stays readable. A value: it is told the time and returns what to write.
public struct Progress: Sendable {
    /// How often a bar is drawn.
    static let barInterval = Duration.milliseconds(100)
    /// How often a line is written.
    static let lineInterval = Duration.seconds(5)

    private let label: String
    private let unit: String
    private let terminalWidth: Int?
    private let start: Duration
    private let startCount: Int
    private var lastWritten: Duration?
    private var isBarShown = false

    /// Begins to measure.
    ///
    /// - Parameters:
    ///   - label: What is being done, such as `ingest`.
    ///   - unit: What is counted, such as `rows`.
    ///   - done: What is done already, and does not count towards the rate.
    ///   - terminalWidth: In columns; `nil` writes plain lines.
    ///   - now: The time on the clock that the other calls read, too.
    public init(
        _ label: String,
        unit: String,
        done: Int = 0,
        terminalWidth: Int?,
        now: Duration
    ) {
        self.label = label
        self.unit = unit
        self.terminalWidth = terminalWidth
        start = now
        startCount = done
    }

    /// What to write now, or `nil` if the last text is too young.
    ///
    /// - Parameters:
    ///   - done: The count so far.
    ///   - total: The count at the end, if it is known.
    ///   - now: The time on the clock that ``init(_:unit:done:terminalWidth:now:)`` read, too.
    /// - Returns: Text with its line's end, if it needs one.
    public mutating func update(done: Int, of total: Int?, now: Duration) -> String? {
        let interval = terminalWidth == nil ? Self.lineInterval : Self.barInterval
        // Work that is over before the first interval writes nothing at all.
        guard now - (lastWritten ?? start) >= interval else { return nil }
        lastWritten = now
        let text = facts(done: done, of: total, now: now)
        guard let terminalWidth else { return text + "\n" }
        isBarShown = true
        let head = total.map { bar(done: done, of: $0) } ?? ""
        return "\r" + String((head + text).prefix(max(20, terminalWidth - 1))) + "\u{1B}[K"
    }

    /// What to write when the work is over: it removes the bar.
    public mutating func finish() -> String? {
        defer { isBarShown = false }
        return isBarShown ? "\r\u{1B}[K" : nil
    }

    private func bar(done: Int, of total: Int) -> String {
        let share = total > 0 ? max(0, min(1, Double(done) / Double(total))) : 1
        let filled = Int(share * 24)
        return "["
            + String(repeating: "#", count: filled)
            + String(repeating: "-", count: 24 - filled) + "] "
    }

    private func facts(done: Int, of total: Int?, now: Duration) -> String {
        let seconds = (now - start) / .seconds(1)
        let rate = seconds > 0 ? (Double(done) - Double(startCount)) / seconds : 0
        var text = "\(label) \(grouped(done))"
        if let total { text += " of \(grouped(total))" }
        text += " \(unit), \(grouped(wholeNumber(rate)))/s"
        if let total, total > done, rate > 0 {
            text += ", \(timeLeft((Double(total) - Double(done)) / rate)) left"
        }
        return text
    }
}

/// `value` rounded down, and bounded, so that no rate traps.
private func wholeNumber(_ value: Double) -> Int {
    value >= 0 && value < 1e15 ? Int(value) : 0
}

private func timeLeft(_ seconds: Double) -> String {
    let whole = wholeNumber(seconds)
    switch whole {
    case ..<60: return "\(whole) s"
    case ..<3_600: return "\(whole / 60) min \(whole % 60) s"
    default: return "\(whole / 3_600) h \(whole % 3_600 / 60) min"
    }
}

/// `1234567` as `1,234,567`.
func grouped(_ number: Int) -> String {
    var text = ""
    let digits = String(number.magnitude)
    for (place, digit) in zip((0..<digits.count).reversed(), digits) {
        text.append(digit)
        if place > 0, place.isMultiple(of: 3) { text.append(",") }
    }
    return (number < 0 ? "-" : "") + text
}
