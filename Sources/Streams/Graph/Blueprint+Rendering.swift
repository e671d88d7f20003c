/// The graph for people and for tools; equal graphs give equal text.
extension Blueprint {
    /// The stages in order of declaration, a line each, and the most that may be under way.
    ///
    /// Beside that a source and each end of an edge have one chunk in hand, and what a batch holds
    /// is passed by the chunk that fills it.
    public func describe(_ mode: ExecutionMode = .declared) -> String {
        var lines = nodes.map { node in
            let inputs = node.inputs.map { nodes[outputs[$0].node].name }.joined(separator: ", ")
            let lanes = node.lanes > 1 ? " ×\(node.lanes)" : ""
            let arrow = inputs.isEmpty ? "" : " ← \(inputs)"
            return "\(node.kind) \(node.name)\(lanes)\(arrow)"
        }
        let windows = outputs.compactMap { output in
            boundary(before: output, in: mode).map { (window: $0, edges: output.lanes) }
        }
        let elements = windows.reduce(0) { $0 + $1.window.elements * $1.edges }
        let bytes = windows.reduce(0) { $0 + $1.window.bytes * $1.edges }
        let held = nodes.reduce(0) { $0 + $1.heldBytes * $1.lanes }
        if held > 0 { lines.append("in batches: at most \(held) bytes, and a chunk a lane") }
        lines.append("in flight: at most \(elements) elements, \(bytes) bytes")
        return lines.joined(separator: "\n")
    }

    /// The graph in Mermaid's flowchart language; a thick arrow is an asynchronous boundary.
    public func mermaid(_ mode: ExecutionMode = .declared) -> String {
        var lines = ["flowchart LR"]
        for (id, node) in nodes.enumerated() {
            lines.append("    n\(id)[\"\(node.kind)<br>\(node.name)\"]")
        }
        for output in outputs {
            guard let consumer = output.consumer else { continue }
            let arrow = boundary(before: output, in: mode) == nil ? "-->" : "==>"
            let label = output.lanes > 1 ? "|×\(output.lanes)|" : ""
            lines.append("    n\(output.node) \(arrow)\(label) n\(consumer.node)")
        }
        return lines.joined(separator: "\n")
    }

    /// The graph in the language of Graphviz; a bold arrow is an asynchronous boundary.
    public func dot(_ mode: ExecutionMode = .declared) -> String {
        var lines = ["digraph {", "    rankdir=LR", "    node [shape=box]"]
        for (id, node) in nodes.enumerated() {
            lines.append("    n\(id) [label=\"\(node.kind)\\n\(node.name)\"]")
        }
        for output in outputs {
            guard let consumer = output.consumer else { continue }
            var attributes: [String] = []
            if boundary(before: output, in: mode) != nil { attributes.append("style=bold") }
            if output.lanes > 1 { attributes.append("label=\"×\(output.lanes)\"") }
            let list = attributes.isEmpty ? "" : " [\(attributes.joined(separator: ", "))]"
            lines.append("    n\(output.node) -> n\(consumer.node)\(list)")
        }
        return (lines + ["}"]).joined(separator: "\n")
    }

    /// A hash of what was declared, the same in every process: FNV-1a over ``describe(_:)``.
    ///
    /// Where in the source a stage stands does not matter, what it is called does.
    public var stableHash: UInt64 {
        describe().utf8.reduce(0xCBF2_9CE4_8422_2325) { hash, byte in
            (hash ^ UInt64(byte)) &* 0x0100_0000_01B3
        }
    }
}
