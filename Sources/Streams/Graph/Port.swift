/// Where a stage hands on its output: called once a chunk, never once an element.
///
/// `push` lends the elements and the arena that they point into for the length of the call; who
/// wants to keep the elements copies them, who wants to keep the arena keeps a reference to it.
/// Ports belong to one segment and are called on its actor only, hence no `Sendable`.
public final class Port<Element: Sendable> {
    public let push: (Span<Element>, [UInt8], Notes) throws -> Void
    public let finish: () throws -> Void

    @inlinable
    public init(
        push: @escaping (Span<Element>, [UInt8], Notes) throws -> Void,
        finish: @escaping () throws -> Void
    ) {
        self.push = push
        self.finish = finish
    }

    @inlinable
    func push(all elements: [Element], _ arena: [UInt8], _ notes: Notes) throws {
        try push(elements.span, arena, notes)
    }

    /// Hands on notes without elements.
    @inlinable
    func push(_ notes: Notes) throws {
        try push(Span(), [], notes)
    }
}

extension Array {
    /// Appends the elements of `span`: one copy of memory where the type allows it.
    @inlinable
    public mutating func append(copying span: Span<Element>) {
        unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
