/// Events as rows of CSV by RFC 4180, safe to open in a spreadsheet.
///
/// A field that a spreadsheet would take for a formula, one that begins with `=`, `+`, `-`, `@`, a
/// tab or a carriage return, gets a `'` in front. Fields that an event's kind does not have are
/// empty. Metadata is one JSON object.
public enum EventCSV {
    /// The columns, in order.
    public static let columns = [
        "event_id", "event_type", "agent_id", "resource_type", "timestamp", "quantity", "cost",
        "currency", "metadata",
    ]

    /// Appends the fields of an event with commas between them; no line end.
    ///
    /// - Parameters:
    ///   - view: The event.
    ///   - bytes: The arena that the view was made from.
    ///   - out: Takes the fields.
    public static func append(_ view: EventView, _ bytes: Span<UInt8>, to out: inout [UInt8]) {
        append(field: bytes, view.eventID, to: &out)
        out.append(UInt8(ascii: ","))
        out.append(contentsOf: view.kind.name.utf8)
        out.append(UInt8(ascii: ","))
        append(field: bytes, view.agentID, to: &out)
        out.append(UInt8(ascii: ","))
        if let type = view.resourceType { append(field: bytes, type, to: &out) }
        out.append(UInt8(ascii: ","))
        view.timestamp.append(to: &out)
        out.append(UInt8(ascii: ","))
        if let quantity = view.quantity {
            DecimalText.append(quantity.value, places: Int(quantity.scale), to: &out)
        }
        out.append(UInt8(ascii: ","))
        if let cost = view.cost {
            DecimalText.append(cost.nanos, places: EventLimits.decimalPlaces, to: &out)
            out.append(UInt8(ascii: ","))
            cost.currency.append(to: &out)
        } else {
            out.append(UInt8(ascii: ","))
        }
        out.append(UInt8(ascii: ","))
        guard view.metadataCount > 0 else { return }
        var metadata: [UInt8] = []
        view.appendMetadata(bytes, to: &metadata)
        let object = metadata
        append(field: object.span, 0..<object.count, to: &out)
    }

    /// Appends the text of `range` as one field, guarded and quoted where it must be.
    ///
    /// - Parameters:
    ///   - bytes: What `range` is of.
    ///   - range: A text in UTF-8.
    ///   - out: Takes the field.
    public static func append(
        field bytes: Span<UInt8>,
        _ range: Range<Int>,
        to out: inout [UInt8]
    ) {
        guard !range.isEmpty else { return }
        let isFormula: Bool =
            switch bytes[range.lowerBound] {
            case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), 0x09,
                0x0d:
                true
            default: false
            }
        var needsQuotes = bytes[range.lowerBound] == 0x20 || bytes[range.upperBound - 1] == 0x20
        for index in range {
            let byte = bytes[index]
            needsQuotes =
                needsQuotes || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: ",")
                || byte == 0x0a || byte == 0x0d
        }
        if needsQuotes { out.append(UInt8(ascii: "\"")) }
        if isFormula { out.append(UInt8(ascii: "'")) }
        for index in range {
            if bytes[index] == UInt8(ascii: "\"") { out.append(UInt8(ascii: "\"")) }
            out.append(bytes[index])
        }
        if needsQuotes { out.append(UInt8(ascii: "\"")) }
    }
}
