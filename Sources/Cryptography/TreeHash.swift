private import CSHA256

/// SHA-256 as hash trees use it: a byte in front tells leaves (0x00) from nodes (0x01).
///
/// The prefix costs nothing: it is put into the first block, the message is read where it lies.
/// Two messages at once take hardly longer than one, so hash in pairs where there are pairs.
public enum TreeHash {
    /// Returns SHA-256(0x00 ‖ `entry`).
    public static func leaf(_ entry: Span<UInt8>) -> Digest {
        leaf(entry, on: .preferred)
    }

    /// Returns SHA-256(0x00 ‖ `first`) and SHA-256(0x00 ‖ `second`).
    ///
    /// Fastest for entries of about the same length.
    public static func leaves(_ first: Span<UInt8>, _ second: Span<UInt8>) -> (Digest, Digest) {
        leaves(first, second, on: .preferred)
    }

    /// Returns SHA-256(0x01 ‖ `left` ‖ `right`).
    public static func node(_ left: Digest, _ right: Digest) -> Digest {
        node(left, right, on: .preferred)
    }

    /// Replaces the first 2 · `count` digests' pairs by their nodes: digest *i* becomes
    /// SHA-256(0x01 ‖ digest 2*i* ‖ digest 2*i* + 1), for each *i* below `count`.
    ///
    /// - Parameters:
    ///   - count: The number of pairs; at most half the number of `digests`.
    ///   - digests: What stands behind the nodes afterwards means nothing.
    public static func replacePairs(_ count: Int, of digests: inout MutableSpan<Digest>) {
        replacePairs(count, of: &digests, on: .preferred)
    }

    /// Writes the nodes over the pairs of `children` to the front of `nodes`.
    ///
    /// - Parameters:
    ///   - children: An even number of digests.
    ///   - nodes: At least half as many.
    public static func nodes(over children: Span<Digest>, to nodes: inout MutableSpan<Digest>) {
        self.nodes(over: children, to: &nodes, on: .preferred)
    }
}

extension TreeHash {
    static func leaf(_ entry: Span<UInt8>, on route: HashRoute) -> Digest {
        var digest = Digest()
        switch route {
        case .processor:
            unsafe withUnsafeMutableBytes(of: &digest) { out in
                unsafe entry.withUnsafeBytes { entry in
                    guard let out = out.baseAddress else { return }
                    // An empty span may have no address; nothing is read from it.
                    let start = unsafe entry.baseAddress ?? UnsafeRawPointer(out)
                    unsafe csha256_leaf(start, entry.count, out)
                }
            }
        case .libcrypto:
            var stream = SHA256.Stream()
            stream.update(prefix: 0)
            stream.update(entry)
            digest = stream.digest()
        }
        return digest
    }

    static func leaves(
        _ first: Span<UInt8>,
        _ second: Span<UInt8>,
        on route: HashRoute
    ) -> (Digest, Digest) {
        guard route == .processor else { return (leaf(first, on: route), leaf(second, on: route)) }
        var digests = (Digest(), Digest())
        unsafe withUnsafeMutableBytes(of: &digests) { out in
            unsafe first.withUnsafeBytes { first in
                unsafe second.withUnsafeBytes { second in
                    guard let out = out.baseAddress else { return }
                    let nothing = UnsafeRawPointer(out)
                    unsafe csha256_two_leaves(
                        first.baseAddress ?? nothing,
                        first.count,
                        second.baseAddress ?? nothing,
                        second.count,
                        out
                    )
                }
            }
        }
        return digests
    }

    static func node(_ left: Digest, _ right: Digest, on route: HashRoute) -> Digest {
        var digest = Digest()
        switch route {
        case .processor:
            let pair = (left, right)
            unsafe withUnsafeMutableBytes(of: &digest) { out in
                unsafe withUnsafeBytes(of: pair) { pair in
                    guard let out = out.baseAddress, let pair = pair.baseAddress else { return }
                    unsafe csha256_nodes(pair, 1, out)
                }
            }
        case .libcrypto:
            var stream = SHA256.Stream()
            stream.update(prefix: 1)
            left.withBytes { stream.update($0) }
            right.withBytes { stream.update($0) }
            digest = stream.digest()
        }
        return digest
    }

    static func replacePairs(
        _ count: Int,
        of digests: inout MutableSpan<Digest>,
        on route: HashRoute
    ) {
        precondition(count >= 0 && count <= digests.count / 2, "a node has two children")
        switch route {
        case .processor:
            unsafe digests.withUnsafeMutableBytes { bytes in
                guard let start = bytes.baseAddress else { return }
                unsafe csha256_nodes(start, count, start)
            }
        case .libcrypto:
            for index in 0..<count {
                digests[index] = node(digests[2 * index], digests[2 * index + 1], on: route)
            }
        }
    }

    static func nodes(
        over children: Span<Digest>,
        to nodes: inout MutableSpan<Digest>,
        on route: HashRoute
    ) {
        let count = children.count / 2
        precondition(children.count % 2 == 0 && count <= nodes.count, "a node has two children")
        switch route {
        case .processor:
            unsafe nodes.withUnsafeMutableBytes { nodes in
                unsafe children.withUnsafeBytes { children in
                    guard let out = nodes.baseAddress, let start = children.baseAddress else {
                        return
                    }
                    unsafe csha256_nodes(start, count, out)
                }
            }
        case .libcrypto:
            for index in 0..<count {
                nodes[index] = node(children[2 * index], children[2 * index + 1], on: route)
            }
        }
    }
}

extension SHA256.Stream {
    fileprivate mutating func update(prefix: UInt8) {
        let prefix: InlineArray<1, UInt8> = [prefix]
        update(prefix.span)
    }
}
