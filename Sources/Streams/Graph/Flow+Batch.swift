extension Flow where F.Order: SettledOrder, F.Failure == Never {
    /// Groups elements into batches, in every lane by itself.
    ///
    /// With ``BatchLimits/wholeChunks`` a batch also stands for offsets that left no element, so
    /// that a cursor moves over what was refused, filtered or never there.
    ///
    /// - Parameters:
    ///   - name: The stage's name, unique in the graph.
    ///   - limits: When a batch closes.
    ///   - file: Where the stage is declared.
    ///   - line: Where the stage is declared.
    ///   - size: How many bytes an element counts for; its stride if nothing is said.
    /// - Returns: The flow of batches.
    @inlinable
    public consuming func batch(
        _ name: String,
        _ limits: BatchLimits,
        file: String = #fileID,
        line: Int = #line,
        size: (@Sendable (Element) -> Int)? = nil
    ) -> Flow<Batch<Element>, F> {
        let traits: Traits =
            limits.wholeChunks ? .takesRejections : [.cutsChunks, .takesRejections]
        return then(
            "batch",
            name,
            file,
            line,
            traits: traits,
            heldBytes: limits.heldBytes
        ) { assembly, site in
            let next: Port<Batch<Element>> = try assembly.next(site)
            let batcher = Batcher(limits, size: size, timers: assembly.timers, next: next)
            return Port { input, arena, notes in
                try batcher.take(input, arena, notes)
            } finish: {
                try batcher.finish()
            }
        }
    }
}
