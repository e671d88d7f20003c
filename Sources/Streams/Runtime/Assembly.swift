/// The stages of one segment, made in its actor.
@usableFromInline
final class Assembly {
    @usableFromInline let timers: Timers
    @usableFromInline let runtime: Runtime
    private let plan: Plan
    private let segment: Int
    private var built: [Site: [AnyObject]] = [:]
    private var drains: [Drain] = []
    /// Whether a full lump waits; checked once a chunk, so that nothing is awaited in vain.
    @usableFromInline var isDue = false

    init(_ plan: Plan, segment: Int) {
        self.plan = plan
        self.segment = segment
        runtime = plan.runtime
        timers = Timers(plan.runtime.clock)
    }

    @usableFromInline
    func add(_ drain: Drain, first: Bool = false) {
        drains.insert(drain, at: first ? 0 : drains.count)
    }

    /// Whether something in this segment has to be awaited.
    var hasDrains: Bool { !drains.isEmpty }

    /// The port that an output leads to: of a stage in this segment, or of an edge out of it.
    @usableFromInline
    func next<Element>(
        _ site: Site,
        output: Int = 0,
        lane: Int? = nil
    ) throws -> Port<Element> {
        let output = plan.blueprint.nodes[site.node].outputs[output]
        let (target, slot) = plan.target(of: output, lane: lane ?? site.lane)
        let port: AnyObject
        if plan.segments[target] == segment {
            port = try ports(of: target)[slot]
        } else if let edge = plan.edges[target] {
            port = edge.enter(slot, self)
        } else {
            preconditionFailure("segments meet at edges only")
        }
        guard let port = port as? Port<Element> else {
            preconditionFailure("the wiring is typed, so the two ends of an output agree")
        }
        return port
    }

    func ports(of site: Site) throws -> [AnyObject] {
        if let ports = built[site] { return ports }
        let ports = try plan.blueprint.nodes[site.node].build(self, site)
        built[site] = ports
        return ports
    }

    @usableFromInline
    func drain(everything: Bool) async throws {
        guard isDue || everything else { return }
        isDue = false
        for drain in drains { try await drain.drain(everything) }
    }

    /// Before a wait: whoever could go on with what this segment holds back must get it.
    @usableFromInline
    func sendWithoutWaiting() {
        for drain in drains { drain.send() }
    }

    /// Hands a chunk to the first stage, in blocks.
    @inlinable
    func push<Element>(
        _ elements: Span<Element>,
        _ arena: [UInt8],
        _ notes: Notes,
        to port: Port<Element>
    ) throws {
        let block = runtime.blockLimit
        var start = 0
        while elements.count - start > block {
            try port.push(elements.extracting(start..<start + block), arena, .none)
            start += block
        }
        try port.push(elements.extracting(start...), arena, notes)
    }

    /// Runs a source and all that follows it in this segment.
    @inlinable
    func drive<S: Source>(_ source: S, at site: Site) async throws {
        var source = source
        let port: Port<S.Element> = try next(site)
        var chunk = Chunk<S.Element>()
        var arenas = ArenaPool()
        let clock = runtime.clock.ending(with: runtime.drain)
        loop: while !runtime.drain.isRequested {
            try Task.checkCancellation()
            switch try source.poll(into: &chunk, limit: runtime.chunkLimit) {
            case .elements(let range):
                let notes = Notes(lineage: Lineage([range]))
                try push(chunk.elements.span, chunk.bytes, notes, to: port)
                chunk.elements.removeAll(keepingCapacity: true)
                arenas.exchange(&chunk.bytes)
                try await drain(everything: false)
            case .nothing:
                try await drain(everything: true)
                try await source.wait(until: timers.next, on: clock)
            case .finished:
                break loop
            }
            try timers.fire()
        }
        try port.finish()
        try await drain(everything: true)
    }

    /// The port of a sink; `first` if others may go on only after it.
    @inlinable
    func port<S: Sink>(to sink: S, named name: String, first: Bool = false) -> Port<S.Element> {
        let pump = SinkPump(sink, named: name)
        add(
            Drain(send: {}, drain: { _ in try await pump.drain() }),
            first: first
        )
        return Port {
            pump.push($0, $1, $2)
            self.isDue = true
        } finish: {
        }
    }
}
