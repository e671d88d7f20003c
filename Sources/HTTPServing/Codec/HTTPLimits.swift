/// What a server grants a client; every bound is exact, and what exceeds it is refused.
public struct HTTPLimits: Equatable, Sendable {
    /// Method, target and version with their spaces, in bytes.
    public var requestLineBytesMax = 8_192
    /// Request line and header fields with their line ends, in bytes; trailers alike.
    public var headBytesMax = 16_384
    /// Header fields of a request; trailers alike.
    public var fieldsMax = 64
    /// The content of a request, in bytes.
    public var bodyBytesMax = 0

    /// Connections at a time; one more takes the place of the one that is idle the longest, or is
    /// answered with 503 and closed if none is.
    public var connectionsMax = 256
    /// From the first byte of a request to the end of its head.
    public var headTimeout = Duration.seconds(10)
    /// From the end of an answer to the first byte of the next request.
    public var idleTimeout = Duration.seconds(60)
    /// From the first byte of an answer to its last.
    public var writeTimeout = Duration.seconds(30)
    /// How long bytes are still taken, and dropped, from a client that was refused, so that it
    /// reads why before its connection ends.
    public var lingerTimeout = Duration.seconds(2)
    /// How long answers may still be written once the server stops.
    public var stopTimeout = Duration.seconds(1)

    public init() {}

    /// The longest line of a chunk's size, with its extensions, in bytes.
    static let chunkLineBytesMax = 256
    /// The most bytes dropped of a client that was refused.
    static let lingerBytesMax = 1 << 20
}
