/// Why a server did not start; nothing is open then.
public enum HTTPServerError: Error, Equatable {
    /// The host is no IPv4 or IPv6 address in numbers.
    case invalidHost(String)
    /// Somebody else listens there.
    case addressInUse(host: String, port: UInt16)
    /// No interface of this machine has the address.
    case addressNotAvailable(host: String)
    /// The system allows this program no such port.
    case notPermitted(host: String, port: UInt16)
    /// A call of the system failed for another reason.
    case system(call: String, code: Int32)
}
