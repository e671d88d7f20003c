/// Which instance runs in which segment, and the edges between segments.
///
/// A segment is one task and one actor. It begins at a source or where an edge ends, its head, and
/// holds all that follows without crossing another edge.
@usableFromInline
struct Plan: Sendable {
    let blueprint: Blueprint
    let runtime: Runtime
    private(set) var heads: [Site] = []
    private(set) var segments: [Site: Int] = [:]
    private(set) var edges: [Site: AnyEdge] = [:]

    init(_ blueprint: Blueprint, _ mode: ExecutionMode, _ runtime: Runtime) {
        self.blueprint = blueprint
        self.runtime = runtime
        for (id, node) in blueprint.nodes.enumerated() {
            for lane in 0..<node.lanes {
                place(Site(node: id, lane: lane), node, mode)
            }
        }
    }

    /// Nodes come in order of declaration, so everything upstream has its place already.
    private mutating func place(_ site: Site, _ node: Node, _ mode: ExecutionMode) {
        let inputs = node.inputs.map { blueprint.outputs[$0] }
        var upstream: Set<Int> = []
        for output in inputs {
            let isScattered = output.lanes > blueprint.nodes[output.node].lanes
            let gathers = node.traits.contains(.gathers)
            for lane in gathers ? 0..<output.lanes : site.lane..<site.lane + 1 {
                let source = Site(node: output.node, lane: isScattered ? 0 : lane)
                upstream.insert(segments[source, default: 0])
            }
        }
        let window = inputs.compactMap { blueprint.boundary(before: $0, in: mode) }.first
        if window == nil, upstream.count == 1, let segment = upstream.first {
            segments[site] = segment
            return
        }
        segments[site] = heads.count
        heads.append(site)
        if let first = inputs.first {
            let slots =
                node.traits.contains(.gathers) ? inputs.reduce(0) { $0 + $1.lanes } : 1
            let shape = EdgeShape(
                producers: slots,
                rotates: node.traits.contains(.rotates)
            )
            edges[site] = first.makeEdge(window ?? Window(), shape)
        }
    }

    /// Where a stream ends.
    func target(of output: Int, lane: Int) -> (site: Site, slot: Int) {
        guard let consumer = blueprint.outputs[output].consumer else {
            preconditionFailure("validate() reports flows that go nowhere")
        }
        let node = blueprint.nodes[consumer.node]
        guard node.traits.contains(.gathers) else {
            return (Site(node: consumer.node, lane: lane), 0)
        }
        let before = node.inputs[..<consumer.input].reduce(0) { $0 + blueprint.outputs[$1].lanes }
        return (Site(node: consumer.node, lane: 0), before + lane)
    }
}
