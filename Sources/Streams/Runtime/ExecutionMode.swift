/// Where the tasks of a graph begin and end.
public enum ExecutionMode: Sendable {
    /// One task a source; no chunk ever crosses a task.
    case fused
    /// Asynchronous boundaries where ``Flow/boundary(_:)`` says so.
    case declared
    /// A task a stage.
    case parallel(Window)
}
