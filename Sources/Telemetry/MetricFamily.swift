/// What can stand behind one line, or one group of lines, of the exposition.
protocol MetricInstrument: AnyObject, Sendable {
    /// Appends the lines of this instrument.
    func write(_ line: MetricLine, unit: HistogramUnit, to text: inout String)
}

extension Counter: MetricInstrument {
    func write(_ line: MetricLine, unit: HistogramUnit, to text: inout String) {
        line.write("", "\(value)", to: &text)
    }
}

extension Gauge: MetricInstrument {
    func write(_ line: MetricLine, unit: HistogramUnit, to text: inout String) {
        line.write("", "\(value)", to: &text)
    }
}

extension Histogram: MetricInstrument {
    func write(_ line: MetricLine, unit: HistogramUnit, to text: inout String) {
        let reading = reading
        var count: UInt64 = 0
        for (bucket, bound) in zip(reading.buckets, bounds.map(unit.text) + ["+Inf"]) {
            count &+= bucket
            line.write("_bucket", "\(count)", bound: bound, to: &text)
        }
        line.write("_sum", unit.text(reading.sum), to: &text)
        line.write("_count", "\(count)", to: &text)
    }
}

/// What the lines of one instrument begin with.
struct MetricLine {
    let name: String
    let labels: [String]
    let values: [String]

    func write(_ suffix: String, _ value: String, bound: String? = nil, to text: inout String) {
        var pairs = zip(labels, values).map { "\($0)=\"\(escaped($1, quotes: true))\"" }
        if let bound { pairs.append("le=\"\(bound)\"") }
        text += name + suffix
        if !pairs.isEmpty { text += "{\(pairs.joined(separator: ","))}" }
        text += " \(value)\n"
    }
}

/// The instruments of one declaration.
struct MetricFamily: Sendable {
    let name: String
    private let help: String
    private let labels: [String]
    private let type: String
    private let bounds: [UInt64]
    private let unit: HistogramUnit
    private var series: [[String]: any MetricInstrument] = [:]

    init<Instrument>(of declaration: MetricDeclaration<Instrument>) {
        name = declaration.name
        help = declaration.help
        labels = declaration.labels
        type = declaration.shape.type
        (bounds, unit) = Self.bounds(of: declaration.shape)
    }

    func isDeclared<Instrument>(by declaration: MetricDeclaration<Instrument>) -> Bool {
        let (bounds, unit) = Self.bounds(of: declaration.shape)
        return help == declaration.help && labels == declaration.labels
            && type == declaration.shape.type && self.bounds == bounds && self.unit == unit
    }

    mutating func instrument<Instrument: MetricInstrument>(
        _ values: [String],
        _ make: () -> Instrument
    ) -> Instrument {
        var key = values.map(cut)
        if series[key] == nil, series.count >= Metrics.seriesMax {
            key = values.map { _ in "other" }
        }
        if let known = series[key] as? Instrument { return known }
        let made = make()
        series[key] = made
        return made
    }

    mutating func remove(_ values: [String]) {
        series[values.map(cut)] = nil
    }

    func write(to text: inout String) {
        guard !series.isEmpty else { return }
        text += "# HELP \(name) \(escaped(help, quotes: false))\n# TYPE \(name) \(type)\n"
        for (values, instrument) in series.sorted(by: { isBefore($0.key, $1.key) }) {
            let line = MetricLine(name: name, labels: labels, values: values)
            instrument.write(line, unit: unit, to: &text)
        }
    }

    private static func bounds<Instrument>(
        of shape: MetricDeclaration<Instrument>.Shape
    ) -> (bounds: [UInt64], unit: HistogramUnit) {
        guard case .histogram(let bounds, let unit) = shape else { return ([], .count) }
        return (bounds, unit)
    }
}

private func cut(_ value: String) -> String {
    guard value.unicodeScalars.count > Metrics.labelScalarsMax else { return value }
    return String(String.UnicodeScalarView(value.unicodeScalars.prefix(Metrics.labelScalarsMax)))
}

/// `text` with what would end its line, or its quotation marks, escaped.
private func escaped(_ text: String, quotes: Bool) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
        case "\n": result.append(contentsOf: "\\n".unicodeScalars)
        case "\"" where quotes: result.append(contentsOf: "\\\"".unicodeScalars)
        default: result.append(scalar)
        }
    }
    return String(result)
}

/// Partition 9 stands before partition 10, numbers stand before texts.
private func isBefore(_ left: [String], _ right: [String]) -> Bool {
    for (a, b) in zip(left, right) where a != b {
        switch (Int(a), Int(b)) {
        case (let x?, let y?) where x != y: return x < y
        case (_?, nil): return true
        case (nil, _?): return false
        default: return a < b
        }
    }
    return false
}
