/// Operators that may refuse an element; the flow then carries the error type until it is dealt with.
extension Flow where F.Failure == Never {
    @usableFromInline
    typealias FallibleKernel<Out> =
        @Sendable (Span<Element>, [UInt8], inout OutputSpan<Out>, inout [(Int, any Error)]) -> Void

    /// Turns each element into one of another type, or refuses it.
    @inlinable
    public consuming func decode<Out: Sendable, Failure: Error>(
        _ name: String,
        file: String = #fileID,
        line: Int = #line,
        @Separately _ body: @escaping @Sendable (Element) throws(Failure) -> Out
    ) -> Flow<Out, Facts<F.Order, F.Replay, Failure>> {
        fallible(name, file, line) { input, _, output, refused in
            for index in input.indices {
                do throws(Failure) {
                    output.append(try body(input[index]))
                } catch {
                    refused.append((index, error))
                }
            }
        }
    }

    /// Turns each element into one of another type, given the bytes that elements point into, or
    /// refuses it.
    @inlinable
    public consuming func decodeWithBytes<Out: Sendable, Failure: Error>(
        _ name: String,
        file: String = #fileID,
        line: Int = #line,
        @Separately _ body: @escaping @Sendable (Element, Span<UInt8>) throws(Failure) -> Out
    ) -> Flow<Out, Facts<F.Order, F.Replay, Failure>> {
        fallible(name, file, line) { input, arena, output, refused in
            let bytes = arena.span
            for index in input.indices {
                do throws(Failure) {
                    output.append(try body(input[index], bytes))
                } catch {
                    refused.append((index, error))
                }
            }
        }
    }

    @inlinable
    consuming func fallible<Out: Sendable, Failure: Error>(
        _ name: String,
        _ file: String,
        _ line: Int,
        _ kernel: @escaping FallibleKernel<Out>
    ) -> Flow<Out, Facts<F.Order, F.Replay, Failure>> {
        then("decode", name, file, line) { assembly, site in
            let next: Port<Out> = try assembly.next(site)
            var spare: [Out] = []
            return Port { input, arena, notes in
                var output: [Out] = []
                var refused: [(Int, any Error)] = []
                swap(&spare, &output)
                output.append(addingCapacity: input.count) { kernel(input, arena, &$0, &refused) }
                if refused.isEmpty {
                    if !output.isEmpty || !notes.isEmpty {
                        try next.push(output.span, arena, notes)
                    }
                } else {
                    var notes = notes
                    for (index, error) in refused {
                        notes.refuse(input[index], in: arena, by: name, because: error)
                    }
                    try next.push(output.span, arena, notes)
                }
                output.removeAll(keepingCapacity: true)
                swap(&spare, &output)
            } finish: {
                try next.finish()
            }
        }
    }

    /// Turns each element into one of another type with bytes of its own, or refuses it.
    ///
    /// `body` takes an element, the bytes it points into, and the arena of the chunk to come, at
    /// whose end it writes what the new element points into.
    @inlinable
    public consuming func rewrite<Out: Sendable, Failure: Error>(
        _ name: String,
        file: String = #fileID,
        line: Int = #line,
        @Separately _ body:
            @escaping @Sendable (Element, Span<UInt8>, inout [UInt8]) throws(Failure) -> Out
    ) -> Flow<Out, Facts<F.Order, F.Replay, Failure>> {
        rewrite(name, with: { () }, file: file, line: line) {
            _,
            element,
            bytes,
            arena throws(Failure) in
            try body(element, bytes, &arena)
        }
    }

    /// Turns each element into one of another type with bytes of its own, or refuses it, given a
    /// tool that keeps what it needs from one element to the next.
    ///
    /// `make` makes the tool in the task that runs the stage, one a lane. What comes of an element must
    /// not depend on those before it: lanes are dealt chunks in turn.
    @inlinable
    public consuming func rewrite<Tool, Out: Sendable, Failure: Error>(
        _ name: String,
        with make: @escaping @Sendable () -> Tool,
        file: String = #fileID,
        line: Int = #line,
        @Separately _ body:
            @escaping @Sendable (inout Tool, Element, Span<UInt8>, inout [UInt8]) throws(Failure)
            -> Out
    ) -> Flow<Out, Facts<F.Order, F.Replay, Failure>> {
        then("rewrite", name, file, line) { assembly, site in
            let next: Port<Out> = try assembly.next(site)
            var tool = make()
            var spare: [Out] = []
            var arenas = ArenaPool()
            var fresh: [UInt8] = []
            return Port { input, arena, notes in
                var output: [Out] = []
                var notes = notes
                swap(&spare, &output)
                output.reserveCapacity(input.count)
                for index in input.indices {
                    let count = fresh.count
                    do throws(Failure) {
                        output.append(try body(&tool, input[index], arena.span, &fresh))
                    } catch {
                        fresh.removeSubrange(count...)
                        notes.refuse(input[index], in: arena, by: name, because: error)
                    }
                }
                if !output.isEmpty || !notes.isEmpty { try next.push(output.span, fresh, notes) }
                arenas.exchange(&fresh)
                output.removeAll(keepingCapacity: true)
                swap(&spare, &output)
            } finish: {
                try next.finish()
            }
        }
    }

    /// Turns each element into any number of others, or refuses it whole.
    @inlinable
    public consuming func flatMap<Out: Sendable, Failure: Error>(
        _ name: String,
        file: String = #fileID,
        line: Int = #line,
        _ body: @escaping @Sendable (Element, inout [Out]) throws(Failure) -> Void
    ) -> Flow<Out, Facts<F.Order, F.Replay, Failure>> {
        then("flatMap", name, file, line) { assembly, site in
            let next: Port<Out> = try assembly.next(site)
            var spare: [Out] = []
            return Port { input, arena, notes in
                var output: [Out] = []
                var notes = notes
                swap(&spare, &output)
                for index in input.indices {
                    let count = output.count
                    do throws(Failure) {
                        try body(input[index], &output)
                    } catch {
                        output.removeSubrange(count...)
                        notes.refuse(input[index], in: arena, by: name, because: error)
                    }
                }
                if !output.isEmpty || !notes.isEmpty { try next.push(output.span, arena, notes) }
                output.removeAll(keepingCapacity: true)
                swap(&spare, &output)
            } finish: {
                try next.finish()
            }
        }
    }
}
