import Synchronization

/// How often values fell below fixed bounds, and their sum.
///
/// It has a lock where counters have none: buckets, sum and count that are read together belong to
/// the same moment, and what it is for happens once a batch, not once an event.
public final class Histogram: Sendable {
    struct Reading: Equatable, Sendable {
        /// Of values at most the bound at the same place and above the one before; the last
        /// counts those above every bound.
        var buckets: [UInt64]
        var sum: UInt64 = 0
    }

    let bounds: [UInt64]
    private let state: Mutex<Reading>

    init(bounds: [UInt64]) {
        self.bounds = bounds
        state = Mutex(Reading(buckets: Array(repeating: 0, count: bounds.count + 1)))
    }

    /// Counts `value`, in the declared unit; the sum wraps at 2^64.
    public func observe(_ value: UInt64) {
        let place = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { reading in
            reading.buckets[place] &+= 1
            reading.sum &+= value
        }
    }

    /// Counts `value`, in the declared unit; a negative one counts as zero.
    public func observe(_ value: Int) { observe(UInt64(max(0, value))) }

    /// Counts a duration, for a histogram of nanoseconds; a negative one counts as zero.
    public func observe(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else { return observe(UInt64(0)) }
        let (whole, overflows) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (all, carries) = whole.addingReportingOverflow(UInt64(attoseconds / 1_000_000_000))
        observe(overflows || carries ? UInt64.max : all)
    }

    var reading: Reading { state.withLock { $0 } }
}
