/// What things cost.
///
/// As a file it is CSV with the header `resource_type,unit,price,currency`: `price` of `currency`
/// buys `unit` of a thing. Fields are not quoted; blank lines are passed over.
public struct Pricebook: Sendable {
    /// The price of one kind of thing.
    public struct Price: Hashable, Sendable {
        /// How much `amount` buys: 1 or more.
        public let unit: Int64
        /// Not negative.
        public let amount: Money

        /// Takes a price, or returns `nil` for a unit below 1 or a negative amount.
        public init?(unit: Int64, amount: Money) {
            guard unit > 0, amount.nanos >= 0 else { return nil }
            self.unit = unit
            self.amount = amount
        }
    }

    /// The resource type of tokens that are read.
    public static let inputToken = "input_token"
    /// The resource type of tokens that are written.
    public static let outputToken = "output_token"

    private static let header = "resource_type,unit,price,currency"
    private static let builtInCSV = """
        resource_type,unit,price,currency
        input_token,1000000,3,USD
        output_token,1000000,15,USD

        """

    private let prices: [String: Price]

    private init(prices: [String: Price]) {
        self.prices = prices
    }

    /// A million input tokens for 3 USD, a million output tokens for 15.
    public static let builtIn: Pricebook = {
        do throws(PricebookError) {
            return Pricebook(prices: try parse(Array(builtInCSV.utf8)))
        } catch {
            preconditionFailure("the built-in pricebook is one: \(error)")
        }
    }()

    /// Reads a pricebook; what it does not name costs what it does in ``builtIn``.
    ///
    /// - Parameter csv: The whole file, in UTF-8.
    /// - Throws: ``PricebookError`` with the line.
    public init(csv: Span<UInt8>) throws(PricebookError) {
        prices = try Self.parse(csv).merging(Self.builtIn.prices) { own, _ in own }
    }

    /// The price of a resource type, or `nil` if there is none.
    public subscript(resourceType: String) -> Price? { prices[resourceType] }

    private static func parse(_ csv: [UInt8]) throws(PricebookError) -> [String: Price] {
        let csv = csv
        return try parse(csv.span)
    }

    private static func parse(_ csv: Span<UInt8>) throws(PricebookError) -> [String: Price] {
        if let bad = csv.invalidUTF8(0..<csv.count) {
            var line = 1
            for index in 0..<bad where csv[index] == 0x0a { line += 1 }
            throw PricebookError(line: line, .badUTF8)
        }
        var prices: [String: Price] = [:]
        var number = 0
        var hasHeader = false
        // By bytes, since a carriage return and a line feed are one character.
        for bytes in csv.text(0..<csv.count).utf8.split(
            separator: 0x0a,
            omittingEmptySubsequences: false
        ) {
            number += 1
            var bytes = bytes
            if number == 1, bytes.starts(with: "\u{feff}".utf8) { bytes.removeFirst(3) }
            if bytes.last == 0x0d { bytes.removeLast() }
            let line = Substring(bytes)
            if line.isEmpty { continue }
            guard hasHeader else {
                guard line == header else { throw PricebookError(line: number, .header) }
                hasHeader = true
                continue
            }
            let (type, price) = try row(line, number)
            guard prices.updateValue(price, forKey: type) == nil else {
                throw PricebookError(line: number, .twice(type))
            }
        }
        guard hasHeader else { throw PricebookError(line: 1, .header) }
        return prices
    }

    private static func row(
        _ line: Substring,
        _ number: Int
    ) throws(PricebookError) -> (String, Price) {
        let fields = line.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
        guard fields.count == 4 else { throw PricebookError(line: number, .columns(fields.count)) }
        guard 1...EventLimits.nameBytes ~= fields[0].utf8.count else {
            throw PricebookError(line: number, .field("resource_type", .empty))
        }
        guard let unit = Int64(fields[1]), unit > 0 else {
            throw PricebookError(line: number, .field("unit", .notANumber))
        }
        guard let currency = Currency(fields[3]) else {
            throw PricebookError(line: number, .field("currency", .badCurrency))
        }
        do throws(EventError) {
            let amount = try Money(fields[2], currency)
            guard let price = Price(unit: unit, amount: amount) else {
                throw EventError(.negative)
            }
            return (fields[0], price)
        } catch {
            throw PricebookError(line: number, .field("price", error.problem))
        }
    }
}

/// Why a file is no pricebook, and on which line; the first is 1.
public struct PricebookError: Error, Hashable, Sendable {
    /// What is wrong.
    public enum Problem: Hashable, Sendable {
        case badUTF8
        /// The first line is not the header.
        case header
        /// So many columns instead of four.
        case columns(Int)
        case field(String, EventError.Problem)
        /// A resource type that has a price already.
        case twice(String)
        /// The two kinds of tokens are sold for different currencies.
        case currencies
    }

    public let line: Int
    public let problem: Problem

    public init(line: Int, _ problem: Problem) {
        self.line = line
        self.problem = problem
    }
}

extension PricebookError: CustomStringConvertible {
    public var description: String {
        let what =
            switch problem {
            case .badUTF8: "is not UTF-8"
            case .header: "is not the header resource_type,unit,price,currency"
            case .columns(let count): "has \(count) columns and not 4"
            case .field(let field, let problem): "'\(field)' \(problem.rawValue)"
            case .twice(let type): "gives '\(type)' a second price"
            case .currencies: "input_token and output_token are not sold for one currency"
            }
        return line == 0 ? what : "line \(line) \(what)"
    }
}
