extension Flow {
    /// Writes what was refused to `make`'s sink; the rest goes on, and can no longer fail.
    ///
    /// Letters are written before the chunk that they came with is handed on.
    @inlinable
    public consuming func deadLetter<S: Sink>(
        _ name: String,
        file: String = #fileID,
        line: Int = #line,
        to make: @escaping @Sendable (_ lane: Int) -> S
    ) -> Flow<Element, Facts<F.Order, F.Replay, Never>> where S.Element == DeadLetter<F.Failure> {
        then("deadLetter", name, file, line) { assembly, site in
            let next: Port<Element> = try assembly.next(site)
            let dead = assembly.port(to: make(site.lane), named: name, first: true)
            return Port { input, arena, notes in
                let letters = notes.rejections.compactMap { DeadLetter<F.Failure>($0) }
                if !letters.isEmpty { try dead.push(letters.span, [], .none) }
                let rest = notes.afterErrorHandling
                if !input.isEmpty || !rest.isEmpty { try next.push(input, arena, rest) }
            } finish: {
                try next.finish()
            }
        }
    }

    /// Drops what was refused after showing it to `observe`; the rest can no longer fail.
    @inlinable
    public consuming func skip(
        _ name: String,
        file: String = #fileID,
        line: Int = #line,
        _ observe: @escaping @Sendable (Rejection) -> Void
    ) -> Flow<Element, Facts<F.Order, F.Replay, Never>> {
        then("skip", name, file, line) { assembly, site in
            let next: Port<Element> = try assembly.next(site)
            return Port { input, arena, notes in
                for rejection in notes.rejections where !rejection.isForBatch { observe(rejection) }
                let rest = notes.afterErrorHandling
                if !input.isEmpty || !rest.isEmpty { try next.push(input, arena, rest) }
            } finish: {
                try next.finish()
            }
        }
    }

    /// Sends what was refused along with the batch that its offsets belong to.
    ///
    /// It ends up in ``Batch/rejections``, where an exactly-once sink can store it in the
    /// transaction that moves the cursor; `validate()` finds a flow that has no such batch.
    @inlinable
    public consuming func rejectedWithBatch(
        _ name: String,
        file: String = #fileID,
        line: Int = #line
    ) -> Flow<Element, Facts<F.Order, F.Replay, Never>> {
        then("rejectedWithBatch", name, file, line, traits: .sendsRejections) { assembly, site in
            let next: Port<Element> = try assembly.next(site)
            return Port { input, arena, notes in
                var notes = notes
                for index in notes.rejections.indices { notes.rejections[index].isForBatch = true }
                try next.push(input, arena, notes)
            } finish: {
                try next.finish()
            }
        }
    }
}
