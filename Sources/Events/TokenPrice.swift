/// What a call of a language model costs: a price for the tokens read and one for those written.
struct TokenPrice: Sendable {
    private let input: Pricebook.Price
    private let output: Pricebook.Price

    init(_ pricebook: Pricebook) throws(PricebookError) {
        guard let input = pricebook[Pricebook.inputToken],
            let output = pricebook[Pricebook.outputToken],
            input.amount.currency == output.amount.currency
        else { throw PricebookError(line: 0, .currencies) }
        self.input = input
        self.output = output
    }

    var currency: Currency { input.amount.currency }

    /// The cost in billionths of the currency's unit; the exact sum is rounded once, half to even.
    ///
    /// Nothing here can overflow but the result: the products have at most 126 bits.
    func cost(input inputTokens: Int64, output outputTokens: Int64) -> Int64? {
        let (inputUnit, outputUnit) = (UInt128(input.unit), UInt128(output.unit))
        let inputNanos = UInt128(inputTokens) * UInt128(input.amount.nanos)
        let outputNanos = UInt128(outputTokens) * UInt128(output.amount.nanos)
        let (inputWhole, inputRest) = inputNanos.quotientAndRemainder(dividingBy: inputUnit)
        let (outputWhole, outputRest) = outputNanos.quotientAndRemainder(dividingBy: outputUnit)
        let unit = inputUnit * outputUnit
        var whole = inputWhole + outputWhole
        var rest = inputRest * outputUnit + outputRest * inputUnit
        if rest >= unit {
            whole += 1
            rest -= unit
        }
        let half = unit - rest
        if rest > half || (rest == half && whole % 2 == 1) { whole += 1 }
        return Int64(exactly: whole)
    }
}
