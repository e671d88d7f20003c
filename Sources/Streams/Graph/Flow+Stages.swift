extension Flow where F.Order: SettledOrder {
    /// Runs a stage with state, one instance a lane, made in the actor that runs it.
    @inlinable
    public consuming func stage<S: Stage>(
        _ name: String,
        file: String = #fileID,
        line: Int = #line,
        @Separately _ make: @escaping @Sendable (_ lane: Int) -> S
    ) -> Flow<S.Output, F> where S.Input == Element {
        then("stage", name, file, line) { assembly, site in
            let next: Port<S.Output> = try assembly.next(site)
            var stage = make(site.lane)
            var spare: [S.Output] = []
            return Port { input, arena, notes in
                var output: [S.Output] = []
                swap(&spare, &output)
                try attributed(to: name) { try stage.process(input, arena.span, into: &output) }
                if !output.isEmpty || !notes.isEmpty { try next.push(output.span, arena, notes) }
                output.removeAll(keepingCapacity: true)
                swap(&spare, &output)
            } finish: {
                var output: [S.Output] = []
                try attributed(to: name) { try stage.finish(into: &output) }
                if !output.isEmpty { try next.push(output.span, [], .none) }
                try next.finish()
            }
        }
    }
}
