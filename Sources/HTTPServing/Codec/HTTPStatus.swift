/// The status of an answer.
public struct HTTPStatus: Hashable, Sendable {
    /// 200 to 599.
    public let code: Int

    /// - Parameter code: 200 to 599; interim answers are not an answer.
    public init(_ code: Int) {
        precondition((200...599).contains(code), "\(code) is no status of an answer")
        self.code = code
    }

    public static let ok = Self(200)
    public static let noContent = Self(204)
    public static let notModified = Self(304)
    public static let badRequest = Self(400)
    public static let notFound = Self(404)
    public static let methodNotAllowed = Self(405)
    public static let requestTimeout = Self(408)
    public static let contentTooLarge = Self(413)
    public static let uriTooLong = Self(414)
    public static let expectationFailed = Self(417)
    public static let headerFieldsTooLarge = Self(431)
    public static let internalServerError = Self(500)
    public static let notImplemented = Self(501)
    public static let serviceUnavailable = Self(503)
    public static let versionNotSupported = Self(505)

    /// The words beside the code, for people; empty for a code without.
    public var reason: String {
        switch code {
        case 200: "OK"
        case 204: "No Content"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 417: "Expectation Failed"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }

    /// Whether the answer has no content by its status.
    var hasNoContent: Bool { code == 204 || code == 304 }
}
