/// The hidden builder behind every flow: nodes and the outputs that join them.
public final class Wiring {
    @usableFromInline private(set) var nodes: [Node] = []
    private(set) var outputs: [Output] = []

    init() {}

    /// Begins a flow.
    @inlinable
    public func source<S: Source>(
        _ name: String,
        file: String = #fileID,
        line: Int = #line,
        _ make: @escaping @Sendable () -> S
    ) -> Flow<S.Element, Facts<TotalOrder, S.Replay, Never>> {
        let node = add(
            Node(
                kind: "source",
                name: name,
                file: file,
                line: line,
                inputs: [],
                lanes: 1,
                build: { _, _ in [] },
                drive: { assembly, site in try await assembly.drive(make(), at: site) }
            )
        )
        return Flow(wiring: self, output: addOutput(of: S.Element.self, node: node, lanes: 1))
    }

    @usableFromInline
    func add(_ node: Node) -> Int {
        for (input, output) in node.inputs.enumerated() {
            outputs[output].consumer = Output.Consumer(node: nodes.count, input: input)
        }
        nodes.append(node)
        return nodes.count - 1
    }

    @inlinable
    func addOutput<Element: Sendable>(of: Element.Type, node: Int, lanes: Int) -> Int {
        add(Output(node: node, lanes: lanes) { AnyEdge(Element.self, $0, $1) })
    }

    @usableFromInline
    func add(_ output: Output) -> Int {
        nodes[output.node].outputs.append(outputs.count)
        outputs.append(output)
        return outputs.count - 1
    }

    func setBoundary(_ window: Window, at output: Int) {
        outputs[output].window = window
    }
}
