/// Operators on single elements.
///
/// Each wraps the closure of the user into a *kernel*, a loop over a chunk that captures that
/// closure and nothing else. Only then does the optimizer specialise the loop for it: a loop that
/// also captures a buffer calls the closure through a pointer for every element.
extension Flow {
    @usableFromInline
    typealias Kernel<Out> = @Sendable (Span<Element>, [UInt8], inout OutputSpan<Out>) -> Void

    /// Turns each element into one of another type.
    @inlinable
    public consuming func map<Out: Sendable>(
        _ name: String,
        file: String = #fileID,
        line: Int = #line,
        @Separately _ transform: @escaping @Sendable (Element) -> Out
    ) -> Flow<Out, F> {
        elementwise("map", name, file, line) { input, _, output in
            for index in input.indices { output.append(transform(input[index])) }
        }
    }

    /// Turns each element into one of another type, given the bytes that elements point into.
    @inlinable
    public consuming func mapWithBytes<Out: Sendable>(
        _ name: String,
        file: String = #fileID,
        line: Int = #line,
        @Separately _ transform: @escaping @Sendable (Element, Span<UInt8>) -> Out
    ) -> Flow<Out, F> {
        elementwise("map", name, file, line) { input, arena, output in
            let bytes = arena.span
            for index in input.indices { output.append(transform(input[index], bytes)) }
        }
    }

    /// Shows each element to `observe`, and hands it on.
    @inlinable
    public consuming func tap(
        _ name: String,
        file: String = #fileID,
        line: Int = #line,
        @Separately _ observe: @escaping @Sendable (Element) -> Void
    ) -> Flow<Element, F> {
        then("tap", name, file, line) { assembly, site in
            let next: Port<Element> = try assembly.next(site)
            return Port { input, arena, notes in
                for index in input.indices { observe(input[index]) }
                try next.push(input, arena, notes)
            } finish: {
                try next.finish()
            }
        }
    }

    /// Drops the elements for which `isIncluded` is false.
    @inlinable
    public consuming func filter(
        _ name: String,
        file: String = #fileID,
        line: Int = #line,
        @Separately _ isIncluded: @escaping @Sendable (Element) -> Bool
    ) -> Flow<Element, F> {
        elementwise("filter", name, file, line) { input, _, output in
            unsafe output.withUnsafeMutableBufferPointer { buffer, count in
                // A local count stays in a register; that of the span is stored at each append.
                var next = count
                for index in input.indices {
                    let element = input[index]
                    if isIncluded(element) {
                        unsafe buffer.initializeElement(at: next, to: element)
                        next += 1
                    }
                }
                count = next
            }
        }
    }

    /// Drops the elements for which `isIncluded`, given the bytes that they point into, is false.
    @inlinable
    public consuming func filterWithBytes(
        _ name: String,
        file: String = #fileID,
        line: Int = #line,
        @Separately _ isIncluded: @escaping @Sendable (Element, Span<UInt8>) -> Bool
    ) -> Flow<Element, F> {
        elementwise("filter", name, file, line) { input, arena, output in
            let bytes = arena.span
            for index in input.indices where isIncluded(input[index], bytes) {
                output.append(input[index])
            }
        }
    }

    /// Maps whole blocks, for work that is cheaper on several elements at a time.
    ///
    /// `body` takes the elements and the bytes they point into. It appends at most as many elements
    /// as it was given, in their order, and must not depend on where a block begins or ends.
    @inlinable
    public consuming func mapBlocks<Out: Sendable>(
        _ name: String,
        file: String = #fileID,
        line: Int = #line,
        _ body:
            @escaping @Sendable (Span<Element>, Span<UInt8>, inout OutputSpan<Out>) -> Void
    ) -> Flow<Out, F> {
        elementwise("mapBlocks", name, file, line) { input, arena, output in
            body(input, arena.span, &output)
        }
    }

    /// Gives the arena back: what follows points into no bytes, and keeps none alive.
    ///
    /// For elements that carry all that the stages after this one need. A batch of them is one part.
    @inlinable
    public consuming func withoutBytes(
        _ name: String,
        file: String = #fileID,
        line: Int = #line
    ) -> Flow<Element, F> {
        then("withoutBytes", name, file, line) { assembly, site in
            let next: Port<Element> = try assembly.next(site)
            return Port { input, _, notes in
                try next.push(input, [], notes)
            } finish: {
                try next.finish()
            }
        }
    }

    @inlinable
    consuming func elementwise<Out: Sendable>(
        _ kind: String,
        _ name: String,
        _ file: String,
        _ line: Int,
        _ kernel: @escaping Kernel<Out>
    ) -> Flow<Out, F> {
        then(kind, name, file, line) { assembly, site in
            let next: Port<Out> = try assembly.next(site)
            var spare: [Out] = []
            return Port { input, arena, notes in
                var output: [Out] = []
                swap(&spare, &output)
                output.append(addingCapacity: input.count) { kernel(input, arena, &$0) }
                if !output.isEmpty || !notes.isEmpty { try next.push(output.span, arena, notes) }
                output.removeAll(keepingCapacity: true)
                swap(&spare, &output)
            } finish: {
                try next.finish()
            }
        }
    }
}

extension Flow where Element: BitwiseCopyable {
    /// Drops the elements for which `isIncluded` is false.
    ///
    /// Plain memory may be written and written over, so nothing is decided by a branch.
    @inlinable
    public consuming func filter(
        _ name: String,
        file: String = #fileID,
        line: Int = #line,
        @Separately _ isIncluded: @escaping @Sendable (Element) -> Bool
    ) -> Flow<Element, F> {
        elementwise("filter", name, file, line) { input, _, output in
            unsafe output.withUnsafeMutableBufferPointer { buffer, count in
                var next = count
                for index in input.indices {
                    let element = input[index]
                    unsafe buffer.initializeElement(at: next, to: element)
                    next += isIncluded(element) ? 1 : 0
                }
                count = next
            }
        }
    }
}
