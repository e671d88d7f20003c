/// The actor in whose isolation a segment's stages live, and its one task runs.
actor Segment {
    private let plan: Plan
    private let index: Int

    init(_ plan: Plan, _ index: Int) {
        self.plan = plan
        self.index = index
    }

    func run() async throws {
        let assembly = Assembly(plan, segment: index)
        defer { assembly.dismantle() }
        let head = plan.heads[index]
        let node = plan.blueprint.nodes[head.node]
        do {
            if let edge = plan.edges[head] {
                try await edge.drive(try assembly.ports(of: head), assembly)
            } else if let drive = node.drive {
                try await drive(assembly, head)
            }
        } catch {
            throw attributedError(error, to: node.name)
        }
    }
}
