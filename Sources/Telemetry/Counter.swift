import Synchronization

/// A number that only rises, from any thread, without a lock.
public final class Counter: Sendable {
    private let count = Atomic<UInt64>(0)

    init() {}

    /// Adds `amount`; a negative one is dropped, as a counter never falls.
    public func increment(by amount: Int = 1) {
        guard amount > 0 else { return }
        count.wrappingAdd(UInt64(amount), ordering: .relaxed)
    }

    /// What was added so far.
    public var value: UInt64 { count.load(ordering: .relaxed) }
}

/// A number that rises and falls, from any thread, without a lock.
public final class Gauge: Sendable {
    private let level = Atomic<Int>(0)

    init() {}

    /// Replaces the value.
    public func set(_ value: Int) { level.store(value, ordering: .relaxed) }

    /// Adds `amount`, which may be negative; wraps at the ends of `Int`.
    public func add(_ amount: Int) { level.wrappingAdd(amount, ordering: .relaxed) }

    public var value: Int { level.load(ordering: .relaxed) }
}
