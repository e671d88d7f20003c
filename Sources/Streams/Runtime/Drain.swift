/// Something that waits at the end of a segment: an edge's near end, or a sink.
@usableFromInline
struct Drain {
    /// Sends what can be sent at once.
    let send: () -> Void
    /// Sends full lumps, or everything, waiting where it must.
    let drain: (_ everything: Bool) async throws -> Void

    @usableFromInline
    init(send: @escaping () -> Void, drain: @escaping (_ everything: Bool) async throws -> Void) {
        self.send = send
        self.drain = drain
    }
}
