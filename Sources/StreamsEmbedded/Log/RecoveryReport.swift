/// What was mended when a log was opened for appending.
public struct RecoveryReport: Equatable, Sendable {
    /// Bytes that a crash left unfinished, and that were cut off.
    public struct Cut: Equatable, Sendable {
        public let path: String
        /// From this byte on.
        public let from: Int
        /// Up to this one: the file's size before.
        public let to: Int
        /// Why they are no frame, or no whole write.
        public let reason: String

        package init(path: String, from: Int, to: Int, reason: String) {
            self.path = path
            self.from = from
            self.to = to
            self.reason = reason
        }
    }

    public internal(set) var cuts: [Cut] = []
    /// The files that say how far a partition is durable and that were missing or half right.
    public internal(set) var rewritten: [String] = []

    /// Whether there was nothing to mend.
    public var isClean: Bool { cuts.isEmpty && rewritten.isEmpty }
}

extension RecoveryReport.Cut: CustomStringConvertible {
    public var description: String {
        "\(path): cut bytes \(from) to \(to), which a crash had left unfinished (\(reason))"
    }
}
