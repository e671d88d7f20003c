/// An output of a node, with as many lanes as streams leave it.
@usableFromInline
struct Output: Sendable {
    struct Consumer: Sendable {
        let node: Int
        let input: Int
    }

    let node: Int
    let lanes: Int
    let makeEdge: @Sendable (Window, EdgeShape) -> AnyEdge
    var consumer: Consumer?
    var window: Window?

    @usableFromInline
    init(
        node: Int,
        lanes: Int,
        makeEdge: @escaping @Sendable (Window, EdgeShape) -> AnyEdge
    ) {
        self.node = node
        self.lanes = lanes
        self.makeEdge = makeEdge
    }
}
