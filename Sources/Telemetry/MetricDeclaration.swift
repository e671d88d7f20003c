/// The name, help and labels of a metric; declare each once, as a static member.
public struct MetricDeclaration<Instrument: Sendable>: Sendable {
    let name: String
    let help: String
    let labels: [String]
    let shape: Shape

    /// What is counted, as far as the exposition shows it.
    enum Shape: Hashable, Sendable {
        case counter
        case gauge
        case histogram(bounds: [UInt64], unit: HistogramUnit)

        var type: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    private init(
        _ name: StaticString,
        _ help: StaticString,
        _ labels: [StaticString],
        _ shape: Shape
    ) {
        let names = labels.map { "\($0)" }
        precondition(isMetricName("\(name)", allowsColon: true), "not a metric's name: \(name)")
        precondition(
            names.allSatisfy { isMetricName($0, allowsColon: false) && !$0.hasPrefix("__") }
                && Set(names).count == names.count && !names.contains("le"),
            "labels of \(name) are not labels"
        )
        self.name = "\(name)"
        self.help = "\(help)"
        self.labels = names
        self.shape = shape
    }
}

extension MetricDeclaration<Counter> {
    /// Declares what only rises; by custom its name ends in `_total`.
    ///
    /// - Parameters:
    ///   - name: Letters, digits, `_` and `:`, no digit first.
    ///   - help: One sentence.
    ///   - labels: Names of labels, in the order in which their values are given.
    public init(counter name: StaticString, help: StaticString, labels: [StaticString] = []) {
        self.init(name, help, labels, .counter)
    }
}

extension MetricDeclaration<Gauge> {
    /// Declares what rises and falls.
    ///
    /// - Parameters:
    ///   - name: Letters, digits, `_` and `:`, no digit first.
    ///   - help: One sentence.
    ///   - labels: Names of labels, in the order in which their values are given.
    public init(gauge name: StaticString, help: StaticString, labels: [StaticString] = []) {
        self.init(name, help, labels, .gauge)
    }
}

extension MetricDeclaration<Histogram> {
    /// Declares what is observed one value at a time, and counted below fixed bounds.
    ///
    /// - Parameters:
    ///   - name: Letters, digits, `_` and `:`, no digit first.
    ///   - help: One sentence.
    ///   - labels: Names of labels, in the order in which their values are given.
    ///   - unit: What one of the observed integers stands for.
    ///   - bounds: The upper bounds of the buckets, inclusive, in `unit`, rising; 1 to 64 of them.
    public init(
        histogram name: StaticString,
        help: StaticString,
        labels: [StaticString] = [],
        unit: HistogramUnit,
        bounds: [UInt64]
    ) {
        precondition((1...64).contains(bounds.count), "1 to 64 bounds, not \(bounds.count)")
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy(<), "bounds of \(name) do not rise")
        self.init(name, help, labels, .histogram(bounds: bounds, unit: unit))
    }
}

/// What one of the integers that a histogram takes stands for.
public enum HistogramUnit: Hashable, Sendable {
    /// Shown as it is.
    case count
    /// Shown in seconds, as metrics of time are by custom.
    case nanoseconds

    /// `value` as an exact decimal number.
    func text(_ value: UInt64) -> String {
        switch self {
        case .count: return "\(value)"
        case .nanoseconds:
            let (seconds, rest) = value.quotientAndRemainder(dividingBy: 1_000_000_000)
            guard rest > 0 else { return "\(seconds)" }
            let digits = String(rest)
            var fraction = String(repeating: "0", count: 9 - digits.count) + digits
            while fraction.last == "0" { fraction.removeLast() }
            return "\(seconds).\(fraction)"
        }
    }
}

private func isMetricName(_ name: String, allowsColon: Bool) -> Bool {
    let isRight = name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        case UInt8(ascii: ":"): allowsColon
        default: false
        }
    }
    return isRight
        && name.utf8.first.map { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } == true
}
