/// An element that stands for bytes of its chunk's arena.
public protocol ArenaElement: Sendable {
    /// Where its bytes lie in the arena.
    var range: Range<Int> { get }
}

extension LogRecord: ArenaElement {}

/// Copies the bytes that `element` stands for, if it stands for any.
@usableFromInline
func bytes<Element>(of element: Element, in arena: [UInt8]) -> [UInt8] {
    guard let element = element as? any ArenaElement else { return [] }
    return Array(arena[element.range])
}

/// Whether both are the same arena, not merely the same bytes.
@inlinable
func isSameArena(_ first: [UInt8], _ second: [UInt8]) -> Bool {
    unsafe first.withUnsafeBufferPointer { first in
        unsafe second.withUnsafeBufferPointer { second in
            unsafe first.baseAddress == second.baseAddress && first.count == second.count
        }
    }
}
