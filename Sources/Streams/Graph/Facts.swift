/// What the type of a flow says about it beyond its elements; never instantiated.
public protocol FlowFacts {
    associatedtype Order: FlowOrder
    associatedtype Replay: Replayability
    /// `Never` once every failure has been dealt with by name.
    associatedtype Failure: Error
}

/// The only facts there are: user code never writes this type, operators compute it.
public enum Facts<Order: FlowOrder, Replay: Replayability, Failure: Error>: FlowFacts {}

/// How the elements of a flow follow each other.
public protocol FlowOrder {}

/// An order that cross-element work may rely on; all but ``DealtOrder``.
public protocol SettledOrder: FlowOrder {}

/// Each log fed by the flow sees one sequence, the same in every run.
public protocol SequencePerLog: SettledOrder {}

/// One sequence, the source's.
public enum TotalOrder: SequencePerLog {}

/// After a partition each lane has its elements in source order.
public enum OrderPerLane: SequencePerLog {}

/// What arrives first comes first: the order after a merge.
public enum NoOrder: SettledOrder {}

/// Inside a parallel section a lane sees every n-th chunk only.
public enum DealtOrder: FlowOrder {}

/// Whether the source can be read again from an offset.
public protocol Replayability {}

/// The source can be read again from any offset that it has given.
public enum Replayable: Replayability {}

/// What the source has given is gone.
public enum Ephemeral: Replayability {}
