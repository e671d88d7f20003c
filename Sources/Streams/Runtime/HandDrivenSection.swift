/// A section of a graph that runs when it is pushed, in one segment and without a task.
///
/// For tests: what follows from a push has come out when it returns. Boundaries are ignored, and
/// there is nothing that awaits a sink, so the section ends before the first.
package final class HandDrivenSection<Input: Sendable> {
    private let assembly: Assembly
    private let first: Port<Input>

    /// Declares `section` between an input and an output of a test.
    ///
    /// - Parameters:
    ///   - receive: Takes what comes out, as it comes.
    ///   - section: The operators under test.
    /// - Returns: A graph that only ``init(_:clock:)`` can run.
    package static func blueprint<Output: Sendable, G: FlowFacts>(
        receive: @escaping @Sendable (Chunk<Output>) -> Void,
        section: (
            consuming Flow<Input, Facts<TotalOrder, Replayable, Never>>
        ) -> Flow<Output, G>
    ) -> Blueprint {
        Blueprint("section") { wiring in
            let node = wiring.add(
                Node(
                    kind: "input",
                    name: "(input)",
                    file: #fileID,
                    line: #line,
                    inputs: [],
                    lanes: 1,
                    build: { _, _ in [] }
                )
            )
            let output = wiring.addOutput(of: Input.self, node: node, lanes: 1)
            section(Flow(wiring: wiring, output: output))
                .end("output", "(output)", #fileID, #line) { _, _ in
                    Port { elements, arena, notes in
                        var chunk = Chunk<Output>(bytes: arena, notes: notes)
                        chunk.elements.append(copying: elements)
                        receive(chunk)
                    } finish: {
                    }
                }
        }
    }

    /// Makes the stages of `blueprint`.
    ///
    /// - Throws: ``GraphError`` if the section cannot run as it is declared.
    package init(_ blueprint: Blueprint, clock: GraphClock) throws {
        let mistakes = blueprint.validate()
        guard mistakes.isEmpty else { throw GraphError.wiring(mistakes) }
        let runtime = Runtime(clock: clock, wallNow: { 0 }, random: { 0 })
        assembly = Assembly(Plan(blueprint, .fused, runtime), segment: 0)
        first = try assembly.next(Site(node: 0, lane: 0))
    }

    /// Hands a chunk to the first stage.
    package func push(_ chunk: Chunk<Input>) throws {
        try assembly.push(chunk.elements.span, chunk.bytes, chunk.notes, to: first)
    }

    /// Runs the timers that are due.
    package func fire() throws {
        try assembly.timers.fire()
    }

    /// Ends the flow.
    package func finish() throws {
        try first.finish()
    }

    /// The earliest deadline of its stages, on its clock.
    package var deadline: Duration? { assembly.timers.next }

    /// Whether it has a sink, which nobody would wait for.
    package var hasSink: Bool { assembly.hasDrains }
}
