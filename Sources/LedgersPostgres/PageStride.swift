/// How many rows to ask for at a time, so that what comes is about 8 MiB, whatever their length.
struct PageStride {
    private static let bytes = 8 << 20
    private static let bounds = 64...8_192

    /// The first page is small: nothing is known yet.
    private(set) var rows = 256

    /// Takes what the page before was.
    mutating func adapt(rows count: Int, bytes: Int) {
        guard count > 0 else { return }
        let each = max(bytes / count, 1)
        rows = min(max(Self.bytes / each, Self.bounds.lowerBound), Self.bounds.upperBound)
    }
}
