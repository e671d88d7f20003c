/// One measured number, with what it is held against.
struct Figure: Sendable {
    /// Whether less is better, as for times, or more, as for rates.
    enum Better: Sendable {
        case less, more
    }

    /// What a figure is compared with, measured in the same run.
    struct Reference: Sendable {
        let name: String
        let value: Double
    }

    /// Stable, for scripts: `w0.fused.4096`.
    let name: String
    let value: Double
    let unit: String
    let better: Better
    var reference: Reference?
    /// The bound on ``value``, or on the ratio if there is a reference.
    var goal: Double?

    /// The figure over the reference, in the direction in which more is better.
    var ratio: Double? {
        reference.map { better == .more ? value / $0.value : $0.value / value }
    }

    /// Whether the goal is met; `nil` if there is none.
    var isMet: Bool? {
        guard let goal else { return nil }
        if let ratio { return ratio >= goal }
        return better == .more ? value >= goal : value <= goal
    }

    /// A line of the table.
    var line: String {
        var columns = [name.padded(to: 40), rounded(value).aligned(to: 12), unit.padded(to: 12)]
        if let reference, let ratio {
            let text = "\(rounded(ratio)) of \(reference.name) (\(rounded(reference.value)))"
            columns.append(text.padded(to: 40))
        } else {
            columns.append("".padded(to: 40))
        }
        if let goal, let isMet {
            columns.append("goal \(rounded(goal)) \(isMet ? "met" : "MISSED")")
        }
        return columns.joined(separator: " ")
    }

    /// The figure as a JSON object on one line.
    var json: String {
        var fields = [
            "\"name\":\"\(name)\"", "\"value\":\(rounded(value))", "\"unit\":\"\(unit)\"",
        ]
        if let reference, let ratio {
            fields.append("\"reference\":\"\(reference.name)\"")
            fields.append("\"reference_value\":\(rounded(reference.value))")
            fields.append("\"ratio\":\(rounded(ratio))")
        }
        if let goal, let isMet {
            fields.append("\"goal\":\(rounded(goal))")
            fields.append("\"met\":\(isMet)")
        }
        return "{" + fields.joined(separator: ",") + "}"
    }
}

/// Three digits behind the point below ten, none above a thousand.
func rounded(_ value: Double) -> String {
    guard value.isFinite else { return "0" }
    if value >= 1_000 { return String(Int(value.rounded())) }
    let scale: Double = value >= 100 ? 10 : value >= 10 ? 100 : 1_000
    return String((value * scale).rounded() / scale)
}

extension String {
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }

    func aligned(to width: Int) -> String {
        String(repeating: " ", count: max(0, width - count)) + self
    }
}
