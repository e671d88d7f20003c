/// Two handles on the same elements.
///
/// Frozen, so that other modules may consume its two parts one by one.
@frozen
public struct Copies<Element: Sendable, F: FlowFacts>: ~Copyable {
    public let first: Flow<Element, F>
    public let second: Flow<Element, F>

    @inlinable
    init(first: consuming Flow<Element, F>, second: consuming Flow<Element, F>) {
        self.first = first
        self.second = second
    }
}

extension Flow {
    /// Sends every element both ways.
    @inlinable
    public consuming func broadcast(
        _ name: String,
        file: String = #fileID,
        line: Int = #line
    ) -> Copies<Element, F> {
        let (wiring, lanes) = (wiring, lanes)
        let first: Flow<Element, F> = then("broadcast", name, file, line) { assembly, site in
            let nexts: [Port<Element>] = try [
                assembly.next(site), assembly.next(site, output: 1),
            ]
            return Port { input, arena, notes in
                try nexts[0].push(input, arena, notes)
                // What was refused is dealt with once, on the first way.
                try nexts[1].push(input, arena, Notes(lineage: notes.lineage))
            } finish: {
                for next in nexts { try next.finish() }
            }
        }
        let node = wiring.nodes.count - 1
        let output = wiring.addOutput(of: Element.self, node: node, lanes: lanes)
        return Copies(
            first: first,
            second: Flow(wiring: wiring, output: output, lanes: lanes)
        )
    }

    /// Lets the elements of two flows through as they come.
    ///
    /// Offsets keep the partition that their source gave them: two sources of one graph number their
    /// partitions apart, or a sink takes the offsets of both for those of one.
    @inlinable
    public consuming func merge(
        _ name: String,
        with other: consuming Flow<Element, F>,
        file: String = #fileID,
        line: Int = #line
    ) -> Flow<Element, Facts<NoOrder, F.Replay, F.Failure>> {
        gather("merge", name, file, line, inputs: [output, other.output], [lanes, other.lanes])
    }

    /// Lets the elements of all lanes through as they come.
    @inlinable
    public consuming func merged(
        _ name: String,
        file: String = #fileID,
        line: Int = #line
    ) -> Flow<Element, Facts<NoOrder, F.Replay, F.Failure>> {
        gather("merged", name, file, line, inputs: [output], [lanes])
    }

    @inlinable
    consuming func gather<G: FlowFacts>(
        _ kind: String,
        _ name: String,
        _ file: String,
        _ line: Int,
        traits: Traits = .gathers,
        inputs: [Int],
        _ lanes: [Int]
    ) -> Flow<Element, G> {
        let wiring = wiring
        let build: Node.Build = { assembly, site in
            let next: Port<Element> = try assembly.next(site)
            var open = lanes.reduce(0, +)
            return lanes.flatMap { lanes in
                let progress = LaneProgress(lanes: traits.contains(.rotates) ? 1 : lanes)
                return (0..<lanes).map { lane in
                    Port<Element> { input, arena, notes in
                        try next.push(input, arena, progress.settle(notes, of: lane))
                    } finish: {
                        open -= 1
                        let notes = progress.finish(lane)
                        if !notes.isEmpty { try next.push(notes) }
                        if open == 0 { try next.finish() }
                    }
                }
            }
        }
        let node = wiring.add(
            Node(
                kind: kind,
                name: name,
                file: file,
                line: line,
                inputs: inputs,
                lanes: 1,
                traits: traits,
                build: build
            )
        )
        return Flow<Element, G>(
            wiring: wiring,
            output: wiring.addOutput(of: Element.self, node: node, lanes: 1)
        )
    }

    /// Runs copies of a section that looks at no more than one chunk, and restores the order.
    ///
    /// Chunks are dealt to the lanes in turn and gathered in turn, so order costs nothing an
    /// element. The section cannot hold state from chunk to chunk: its flow has ``DealtOrder``.
    @inlinable
    public consuming func parallel<Out, G: FlowFacts>(
        _ name: String,
        lanes: Int,
        window: Window = Window(),
        file: String = #fileID,
        line: Int = #line,
        _ section: (
            consuming Flow<Element, Facts<DealtOrder, F.Replay, F.Failure>>
        ) -> Flow<Out, G>
    ) -> Flow<Out, Facts<F.Order, G.Replay, G.Failure>> where G.Order == DealtOrder {
        precondition(lanes > 0 && self.lanes == 1, "dealing takes one flow and at least one lane")
        let dealt: Flow<Element, Facts<DealtOrder, F.Replay, F.Failure>> = then(
            "deal",
            name,
            file,
            line,
            outputLanes: lanes
        ) { assembly, site in
            let nexts: [Port<Element>] = try (0..<lanes).map { try assembly.next(site, lane: $0) }
            var turn = 0
            return Port { input, arena, notes in
                try nexts[turn].push(input, arena, notes)
                if !notes.lineage.isEmpty { turn = (turn + 1) % lanes }
            } finish: {
                for next in nexts { try next.finish() }
            }
        }
        let done = section(dealt.boundary(window)).boundary(window)
        let output = done.output
        return done.gather(
            "undeal",
            name + " in order",
            file,
            line,
            traits: [.gathers, .rotates],
            inputs: [output],
            [lanes]
        )
    }
}

extension Flow where F.Order == TotalOrder {
    /// Spreads elements over lanes by the remainder of `key`: equal keys keep their order.
    @inlinable
    public consuming func partition(
        _ name: String,
        lanes count: Int,
        file: String = #fileID,
        line: Int = #line,
        @Separately by key: @escaping @Sendable (Element) -> UInt32
    ) -> Flow<Element, Facts<OrderPerLane, F.Replay, F.Failure>> {
        spread(name, count, file, line) { input, _, lanes in
            for index in input.indices {
                lanes[Int(key(input[index])) % lanes.count].append(input[index])
            }
        }
    }

    /// Spreads elements over lanes by the remainder of `key`, given the bytes they point into.
    @inlinable
    public consuming func partitionWithBytes(
        _ name: String,
        lanes count: Int,
        file: String = #fileID,
        line: Int = #line,
        @Separately by key: @escaping @Sendable (Element, Span<UInt8>) -> UInt32
    ) -> Flow<Element, Facts<OrderPerLane, F.Replay, F.Failure>> {
        spread(name, count, file, line) { input, arena, lanes in
            let bytes = arena.span
            for index in input.indices {
                lanes[Int(key(input[index], bytes)) % lanes.count].append(input[index])
            }
        }
    }

    @inlinable
    consuming func spread(
        _ name: String,
        _ count: Int,
        _ file: String,
        _ line: Int,
        _ kernel: @escaping @Sendable (Span<Element>, [UInt8], inout [[Element]]) -> Void
    ) -> Flow<Element, Facts<OrderPerLane, F.Replay, F.Failure>> {
        precondition(count > 0, "elements need a lane to go to")
        return then("partition", name, file, line, outputLanes: count) { assembly, site in
            let nexts: [Port<Element>] = try (0..<count).map { try assembly.next(site, lane: $0) }
            var spare = [[Element]](repeating: [], count: count)
            return Port { input, arena, notes in
                var lanes: [[Element]] = []
                swap(&spare, &lanes)
                kernel(input, arena, &lanes)
                var notes = notes
                for lane in 0..<count {
                    if !lanes[lane].isEmpty || !notes.isEmpty {
                        try nexts[lane].push(all: lanes[lane], arena, notes)
                        lanes[lane].removeAll(keepingCapacity: true)
                    }
                    notes.rejections = []
                }
                swap(&spare, &lanes)
            } finish: {
                for next in nexts { try next.finish() }
            }
        }
    }
}

extension Flow where F.Order == OrderPerLane {
    /// Puts the elements of all lanes back into the order of the source.
    ///
    /// `offset` is the source offset of an element, in the one partition of the source.
    @inlinable
    public consuming func sequenced(
        _ name: String,
        file: String = #fileID,
        line: Int = #line,
        @Separately by offset: @escaping @Sendable (Element) -> Int
    ) -> Flow<Element, Facts<TotalOrder, F.Replay, F.Failure>> {
        let (wiring, lanes) = (wiring, lanes)
        let node = wiring.add(
            Node(
                kind: "sequenced",
                name: name,
                file: file,
                line: line,
                inputs: [output],
                lanes: 1,
                traits: .gathers
            ) { assembly, site in
                let next: Port<Element> = try assembly.next(site)
                let sequencer = Sequencer(lanes: lanes, offset: offset, next: next)
                return (0..<lanes).map { lane in
                    Port<Element> { input, arena, notes in
                        try sequencer.take(input, arena, notes, of: lane)
                    } finish: {
                        try sequencer.finish(lane)
                    }
                }
            }
        )
        return Flow<Element, Facts<TotalOrder, F.Replay, F.Failure>>(
            wiring: wiring,
            output: wiring.addOutput(of: Element.self, node: node, lanes: 1)
        )
    }
}
