/// Why the certificate of a broker was not trusted.
///
/// librdkafka's own text says of every certificate that the authority may be wrong; this one says
/// what is wrong.
struct CertificateRefusal: Equatable, Sendable {
    /// The address that was connected to, as librdkafka names it.
    let broker: String
    /// OpenSSL's code, `X509_V_ERR_…`.
    let code: Int

    /// What is wrong, and the way out.
    var reason: String {
        switch code {
        case 9:
            "the certificate of \(broker) is not valid yet: is the clock of this machine right?"
        case 10:
            "the certificate of \(broker) has expired: the broker needs a new one"
        case 2, 18, 19, 20, 21, 27:
            """
            the certificate of \(broker) is not of an authority that is trusted: name the file of \
            that authority's certificate in ssl.truststore.location
            """
        case 62, 64:
            """
            the certificate of \(broker) does not have this host's name: connect by a name that it \
            has, or give the broker a certificate with this one
            """
        case 23:
            "the certificate of \(broker) was revoked: the broker needs a new one"
        default:
            "the certificate of \(broker) is refused (X.509 error \(code))"
        }
    }
}
