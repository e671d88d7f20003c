/// One instance of a node.
@usableFromInline
struct Site: Hashable, Sendable {
    @usableFromInline let node: Int
    @usableFromInline let lane: Int
}
