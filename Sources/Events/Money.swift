/// An amount of a currency, exact to a billionth of its unit.
public struct Money: Hashable, Sendable, BitwiseCopyable {
    /// Billionths of the currency's unit; 9,223,372,036.854775807 units are the most.
    public let nanos: Int64
    public let currency: Currency

    public init(nanos: Int64, currency: Currency) {
        self.nanos = nanos
        self.currency = currency
    }

    /// Reads a decimal text such as `307.049562`, exactly.
    ///
    /// - Throws: ``EventError`` for anything else, and for more than 9 places unless the rest is
    ///   zeros.
    public init(_ text: String, _ currency: Currency) throws(EventError) {
        let utf8 = Array(text.utf8)
        do throws(EventError.Problem) {
            nanos = try DecimalText(utf8.span, 0..<utf8.count)
                .scaled(places: EventLimits.decimalPlaces)
        } catch {
            throw EventError(error)
        }
        self.currency = currency
    }
}

extension Money: CustomStringConvertible {
    /// The amount without zeros that say nothing, a space and the currency.
    public var description: String {
        var bytes: [UInt8] = []
        DecimalText.append(nanos, places: EventLimits.decimalPlaces, to: &bytes)
        return "\(String(decoding: bytes, as: UTF8.self)) \(currency)"
    }
}
