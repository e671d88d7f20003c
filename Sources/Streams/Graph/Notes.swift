/// What rides beside elements: it holds for everything pushed since the notes before it.
///
/// An operator that cuts a chunk passes the notes on with the last part, so that an offset is never
/// acknowledged before the work for it is done.
public struct Notes: Sendable {
    public var lineage: Lineage
    public var rejections: [Rejection]

    @inlinable public static var none: Notes { Notes() }

    @inlinable
    public init(lineage: Lineage = Lineage(), rejections: [Rejection] = []) {
        self.lineage = lineage
        self.rejections = rejections
    }

    @inlinable public var isEmpty: Bool { lineage.isEmpty && rejections.isEmpty }

    /// Adds what `other` says to what this says.
    @inlinable
    public mutating func add(_ other: Notes) {
        if !other.lineage.isEmpty { lineage.add(other.lineage) }
        if !other.rejections.isEmpty { rejections.append(contentsOf: other.rejections) }
    }
}

extension Notes {
    /// What stays when a stage has dealt with refused elements: those that go on to a batch.
    @inlinable var afterErrorHandling: Notes {
        if rejections.isEmpty { return self }
        return Notes(lineage: lineage, rejections: rejections.filter(\.isForBatch))
    }

    /// Adds an element that a stage refuses, with a copy of its bytes.
    @inlinable
    mutating func refuse<Element: Sendable>(
        _ element: Element,
        in arena: [UInt8],
        by stage: String,
        because error: any Error
    ) {
        let bytes = bytes(of: element, in: arena)
        rejections.append(Rejection(stage: stage, input: element, bytes: bytes, error: error))
    }
}
