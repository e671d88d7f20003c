import Synchronization

/// The metrics of one program: made once, handed down, never a global.
///
/// Asking for an instrument takes a lock and finds or makes it: ask once and keep it. Using the
/// instrument is an atomic addition. Everything may be called from any thread.
public struct Metrics: Sendable {
    /// The most combinations of label values a metric has.
    ///
    /// What would be one more is counted where every label is `other`, so that an unbounded label
    /// costs its detail, never the memory.
    public static let seriesMax = 1_000

    /// The most Unicode scalars of a label's value; what follows is cut.
    public static let labelScalarsMax = 128

    private let registry = Registry()

    public init() {}

    /// The counter of `declaration` with these values of its labels.
    public func counter(_ declaration: MetricDeclaration<Counter>, _ values: String...) -> Counter {
        registry.instrument(declaration, values) { Counter() }
    }

    /// The gauge of `declaration` with these values of its labels.
    public func gauge(_ declaration: MetricDeclaration<Gauge>, _ values: String...) -> Gauge {
        registry.instrument(declaration, values) { Gauge() }
    }

    /// The histogram of `declaration` with these values of its labels.
    public func histogram(
        _ declaration: MetricDeclaration<Histogram>,
        _ values: String...
    ) -> Histogram {
        guard case .histogram(let bounds, _) = declaration.shape else {
            preconditionFailure("\(declaration.name) is declared as no histogram")
        }
        return registry.instrument(declaration, values) { Histogram(bounds: bounds) }
    }

    /// Shows a gauge no more: what it measured is somewhere else now.
    ///
    /// Whoever still holds it may set it, which nobody sees; asking for it again makes a new one.
    public func withdraw(_ declaration: MetricDeclaration<Gauge>, _ values: String...) {
        registry.remove(declaration.name, values)
    }

    /// Everything, as Prometheus' text format 0.0.4, in order of name and label values.
    ///
    /// Values of different metrics may be of slightly different moments.
    public var exposition: String {
        var text = ""
        for family in registry.families { family.write(to: &text) }
        return text
    }

    /// What to call ``exposition`` on the wire.
    public static let contentType: StaticString = "text/plain; version=0.0.4; charset=utf-8"
}

/// The instruments by name and label values.
private final class Registry: Sendable {
    private let state = Mutex([String: MetricFamily]())

    var families: [MetricFamily] {
        state.withLock { $0.values.sorted { $0.name < $1.name } }
    }

    func instrument<Instrument>(
        _ declaration: MetricDeclaration<Instrument>,
        _ values: [String],
        _ make: () -> Instrument
    ) -> Instrument where Instrument: MetricInstrument {
        precondition(
            values.count == declaration.labels.count,
            "\(declaration.name) has \(declaration.labels.count) labels, not \(values.count)"
        )
        return state.withLock { families in
            var family =
                families.removeValue(forKey: declaration.name) ?? MetricFamily(of: declaration)
            defer { families[declaration.name] = family }
            precondition(
                family.isDeclared(by: declaration),
                "\(declaration.name) is declared twice, and differently"
            )
            return family.instrument(values, make)
        }
    }

    func remove(_ name: String, _ values: [String]) {
        state.withLock { $0[name]?.remove(values) }
    }
}
