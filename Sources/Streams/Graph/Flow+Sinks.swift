extension Flow where F.Failure == Never {
    /// Ends the flow, in one sink a lane.
    @inlinable
    public consuming func sink<S: Sink>(
        _ name: String,
        file: String = #fileID,
        line: Int = #line,
        _ make: @escaping @Sendable (_ lane: Int) -> S
    ) where S.Element == Element {
        end("sink", name, file, line) { assembly, site in
            assembly.port(to: make(site.lane), named: name)
        }
    }
}

extension Flow where F.Failure == Never, F.Replay == Replayable, F.Order: SequencePerLog {
    /// Ends the flow in a sink whose cursor moves with its effects.
    @inlinable
    public consuming func exactlyOnceSink<S: TransactionalSink>(
        _ name: String,
        file: String = #fileID,
        line: Int = #line,
        _ make: @escaping @Sendable (_ lane: Int) -> S
    ) where S.Element == Element {
        end("exactlyOnceSink", name, file, line, traits: .needsWholeChunks) { assembly, site in
            assembly.port(to: make(site.lane), named: name)
        }
    }
}

extension Flow where F.Order: SequencePerLog {
    /// Appends batches to a log, one log a lane.
    @inlinable
    public consuming func merkleCommit<Entry: Sendable, Log: CommitLog>(
        _ name: String,
        file: String = #fileID,
        line: Int = #line,
        _ make: @escaping @Sendable (_ lane: Int) -> Log
    ) -> Flow<Log.Commitment, F> where Element == Batch<Entry>, Log.Entry == Entry {
        then("merkleCommit", name, file, line) { assembly, site in
            let next: Port<Log.Commitment> = try assembly.next(site)
            var log = make(site.lane)
            return Port { input, arena, notes in
                var output: [Log.Commitment] = []
                for index in input.indices {
                    output.append(try attributed(to: name) { try log.commit(input[index]) })
                }
                try next.push(output.span, arena, notes)
            } finish: {
                try next.finish()
            }
        }
    }
}
