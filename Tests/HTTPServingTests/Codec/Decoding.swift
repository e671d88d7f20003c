import HTTPServing

/// What a decoder makes of bytes, comparable however the bytes were cut.
struct Decoding: Equatable {
    struct Message: Equatable {
        var head: HTTPRequest
        var content: [UInt8] = []
        var isComplete = false
    }

    var messages: [Message] = []
    var refusal: HTTPStatus?
    /// Whether the bytes end between two requests.
    var isBetween = true

    /// Decodes `bytes`, appended in pieces that end at `cuts`, which rise.
    init(_ bytes: [UInt8], cuts: [Int] = [], limits: HTTPLimits = .forTests) {
        var decoder = HTTPRequestDecoder(limits: limits)
        var start = 0
        for cut in cuts + [bytes.count] {
            decoder.append(bytes[start..<cut])
            start = cut
            take(from: &decoder)
        }
        isBetween = decoder.isBetweenRequests
    }

    init(_ text: String, limits: HTTPLimits = .forTests) {
        self.init(Array(text.utf8), limits: limits)
    }

    private mutating func take(from decoder: inout HTTPRequestDecoder) {
        while true {
            switch decoder.next() {
            case .needsBytes: return
            case .head(let head): messages.append(Message(head: head))
            case .content(let range):
                messages[messages.count - 1].content += decoder.bytes[range]
            case .end: messages[messages.count - 1].isComplete = true
            case .refused(let status):
                refusal = status
                return
            }
        }
    }
}

extension HTTPLimits {
    /// Content is allowed, so that its framing is tested.
    static var forTests: HTTPLimits {
        var limits = HTTPLimits()
        limits.bodyBytesMax = 1_000
        return limits
    }
}

/// SplitMix64: the same numbers for the same seed everywhere.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
