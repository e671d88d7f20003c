/// An element that keeps more memory alive than it takes itself; edges count it.
public protocol HeavyElement: Sendable {
    /// The bytes that it keeps alive.
    var heldBytes: Int { get }
}

/// What an element keeps alive beyond its own memory; `nil` if elements of the type keep nothing.
@usableFromInline
func heldBytes<Element: Sendable>(by element: Element.Type) -> (@Sendable (Element) -> Int)? {
    guard element is any HeavyElement.Type else { return nil }
    return { ($0 as? any HeavyElement)?.heldBytes ?? 0 }
}
