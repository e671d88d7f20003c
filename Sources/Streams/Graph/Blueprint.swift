/// Something that keeps a graph from running, found before it runs.
public struct WiringMistake: Equatable, Sendable, CustomStringConvertible {
    public let message: String
    /// `file:line` of the declaration.
    public let location: String

    public var description: String { "\(location): \(message)" }
}

/// A graph as a value: checked, rendered, and run any number of times.
public struct Blueprint: Sendable {
    public let name: String
    let nodes: [Node]
    let outputs: [Output]

    public init(_ name: String, wire: (Wiring) -> Void) {
        let wiring = Wiring()
        wire(wiring)
        self.name = name
        nodes = wiring.nodes
        outputs = wiring.outputs
    }

    /// Finds what the compiler cannot: dropped flows, names used twice, inexact offsets.
    public func validate() -> [WiringMistake] {
        var mistakes: [WiringMistake] = []
        func report(_ node: Node, _ message: String) {
            mistakes.append(
                WiringMistake(message: message, location: "\(node.file):\(node.line)")
            )
        }
        for output in outputs where output.consumer == nil {
            let node = nodes[output.node]
            report(node, "the flow after \(node.kind) '\(node.name)' goes nowhere")
        }
        var known: Set<String> = []
        for node in nodes where !known.insert(node.name).inserted {
            report(node, "'\(node.name)' is the name of another stage")
        }
        for node in nodes where node.traits.contains(.needsWholeChunks) {
            for cutter in upstream(of: node) where cutter.traits.contains(.cutsChunks) {
                report(
                    node,
                    """
                    exactly-once '\(node.name)' needs exact offsets, and batch '\(cutter.name)' \
                    cuts chunks: give its limits wholeChunks
                    """
                )
            }
        }
        for node in nodes where node.traits.contains(.sendsRejections) {
            if !downstream(of: node).contains(where: { $0.traits.contains(.takesRejections) }) {
                report(
                    node,
                    """
                    what '\(node.name)' sends along never reaches a batch: add .batch, or write \
                    .deadLetter or .skip instead
                    """
                )
            }
        }
        return mistakes
    }

    /// The window of the edge at `output`, or `nil` if its two ends run in one task.
    func boundary(before output: Output, in mode: ExecutionMode) -> Window? {
        switch mode {
        case .fused: nil
        case .declared: output.window
        case .parallel(let window): output.window ?? window
        }
    }

    /// Everything that the first output of each stage after `node` leads to.
    private func downstream(of node: Node) -> [Node] {
        guard let output = node.outputs.first, let consumer = outputs[output].consumer else {
            return []
        }
        return [nodes[consumer.node]] + downstream(of: nodes[consumer.node])
    }

    private func upstream(of node: Node) -> [Node] {
        node.inputs.flatMap { input in
            let before = nodes[outputs[input].node]
            return [before] + upstream(of: before)
        }
    }
}
