extension EventJSON {
    /// Sorts the entries by their keys' bytes.
    ///
    /// - Throws: ``EventError``, if a key is there twice.
    mutating func sortEntries(_ json: Span<UInt8>) throws(EventError) {
        guard entries.count > 1 else { return }
        let scratch = scanner.scratch
        var twice: Int?
        if entries.count <= 16 {
            var span = entries.mutableSpan
            twice = Self.insertionSort(&span, json, scratch.span)
        } else {
            entries.sort { Self.order($0.key, $1.key, json, scratch.span) < 0 }
            twice = (1..<entries.count).first {
                Self.order(entries[$0 - 1].key, entries[$0].key, json, scratch.span) == 0
            }
        }
        guard let twice else { return }
        let later = max(entries[twice - 1].value.offset, entries[twice].value.offset)
        throw EventError(.duplicate, field: string(entries[twice].key, json), at: Int(later))
    }

    /// Sorts, or stops at two entries of one key and returns the place of the second.
    private static func insertionSort(
        _ entries: inout MutableSpan<Entry>,
        _ json: Span<UInt8>,
        _ scratch: Span<UInt8>
    ) -> Int? {
        for next in 1..<entries.count {
            var index = next
            while index > 0 {
                let order = order(entries[index - 1].key, entries[index].key, json, scratch)
                if order == 0 { return index }
                if order < 0 { break }
                entries.swapAt(index - 1, index)
                index -= 1
            }
        }
        return nil
    }

    private static func order(
        _ one: JSONText,
        _ other: JSONText,
        _ json: Span<UInt8>,
        _ scratch: Span<UInt8>
    ) -> Int {
        switch (one.isScratch, other.isScratch) {
        case (false, false): json.order(one.range, json, other.range)
        case (false, true): json.order(one.range, scratch, other.range)
        case (true, false): scratch.order(one.range, json, other.range)
        case (true, true): scratch.order(one.range, scratch, other.range)
        }
    }

    /// Appends the canonical bytes of what was read.
    static func write(
        _ fields: EventFields,
        _ entries: [Entry],
        _ json: Span<UInt8>,
        _ scratch: Span<UInt8>,
        into out: inout [UInt8]
    ) throws(EventError) -> EventKeys {
        var count = fields.byteCount + 2
        for entry in entries {
            count += 3 + Int(entry.key.count)
            if entry.value.tag.hasText { count += 2 + Int(entry.value.text.count) }
        }
        guard count <= EventLimits.canonicalBytes else { throw EventError(.tooLarge) }
        let start = out.count
        out.append(addingCapacity: count) { (span: inout OutputSpan<UInt8>) in
            fields.head.write(to: &span)
            for role in 0..<8 where fields.plan.present & (1 << role) != 0 {
                span.append(fields.texts[role], json, scratch)
            }
            span.append(bigEndian: UInt16(truncatingIfNeeded: entries.count))
            for entry in entries {
                span.append(entry.key, json, scratch)
                span.append(entry.value.tag.rawValue)
                if entry.value.tag.hasText { span.append(entry.value.text, json, scratch) }
            }
        }
        let eventID = start + fields.head.byteCount + 2
        let agentID = eventID + Int(fields.texts[0].count) + 2
        let producerID = agentID + Int(fields.texts[1].count) + 2
        return EventKeys(
            range: ArenaRange(start, count),
            eventID: ArenaRange(eventID, Int(fields.texts[0].count)),
            agentID: ArenaRange(agentID, Int(fields.texts[1].count)),
            producerID: ArenaRange(producerID, Int(fields.texts[2].count)),
            sequence: fields.head.presence.contains(.sequence) ? Int(fields.head.sequence) : -1,
            kind: fields.head.kind
        )
    }
}

extension Event {
    /// Reads an event from one JSON object, all of `json`.
    ///
    /// - Throws: ``EventError`` with the field's key and the offset in `json`.
    public init(json: Span<UInt8>, defaultKind: EventKind = .metering) throws(EventError) {
        var reader = EventJSON(defaultKind: defaultKind)
        var bytes: [UInt8] = []
        _ = try reader.canonicalize(json, into: &bytes)
        let canonical = bytes
        try self.init(canonical: canonical.span)
    }
}

extension OutputSpan<UInt8> {
    /// Appends the length of a text and its bytes.
    @inline(__always)
    fileprivate mutating func append(
        _ text: JSONText,
        _ json: Span<UInt8>,
        _ scratch: Span<UInt8>
    ) {
        if text.isScratch {
            append(text: scratch, text.range)
        } else {
            append(text: json, text.range)
        }
    }
}
