/// How much was used: a decimal number of at most 9 places, exact.
///
/// It has one form: no trailing zeros after the point. `1.50` and `1.5` are the same quantity and
/// have the same canonical bytes.
public struct Quantity: Hashable, Sendable, BitwiseCopyable {
    /// The number without its point.
    public let value: Int64
    /// How many of the digits stand after the point: 0 to 9.
    public let scale: UInt8

    /// One, the quantity of an event that does not say.
    public static let one = Quantity(1)

    /// A whole number.
    public init(_ value: Int64) {
        self.value = value
        scale = 0
    }

    /// Takes `value` divided by ten to the power of `scale`, and returns `nil` for a scale above 9.
    public init?(_ value: Int64, scale: Int) {
        guard 0...EventLimits.decimalPlaces ~= scale else { return nil }
        var value = value
        var scale = value == 0 ? 0 : scale
        while scale > 0, value % 10 == 0 {
            value /= 10
            scale -= 1
        }
        self.value = value
        self.scale = UInt8(scale)
    }

    /// Takes the one form of a quantity, and returns `nil` for any other.
    @inline(__always)
    init?(canonical value: Int64, scale: UInt8) {
        guard scale == 0 || (scale <= 9 && value % 10 != 0) else { return nil }
        self.value = value
        self.scale = scale
    }

    init(_ text: DecimalText) throws(EventError.Problem) {
        let places = text.places
        guard places <= EventLimits.decimalPlaces else { throw .tooManyPlaces }
        value = try text.scaled(places: places)
        scale = UInt8(places)
    }

    /// Reads a decimal text such as `2.5`, exactly.
    ///
    /// - Throws: ``EventError`` for anything else, and for more than 9 places unless the rest is
    ///   zeros.
    public init(_ text: String) throws(EventError) {
        let utf8 = Array(text.utf8)
        do throws(EventError.Problem) {
            self = try Quantity(DecimalText(utf8.span, 0..<utf8.count))
        } catch {
            throw EventError(error)
        }
    }
}

extension Quantity: CustomStringConvertible {
    public var description: String {
        var bytes: [UInt8] = []
        DecimalText.append(value, places: Int(scale), to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
