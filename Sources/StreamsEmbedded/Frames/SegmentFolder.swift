/// The segment files of one log: a folder in which each is named by the number that it begins with.
package struct SegmentFolder: Sendable {
    package let path: String
    /// What names end in, with its dot.
    package let suffix: String

    package init(_ path: String, suffix: String) {
        self.path = path
        self.suffix = suffix
    }

    /// The numbers that the segments begin with, rising.
    ///
    /// - Throws: ``StorageError/damaged(_:)`` for a name with the suffix that is no number.
    package func bases() throws(StorageError) -> [Int] {
        let names = try StorageError.wrap { () throws(FileError) in try Folder.names(in: path) }
        var bases: [Int] = []
        for name in names where name.hasSuffix(suffix) {
            guard let base = Int(name.dropLast(suffix.count)), base >= 0,
                self.name(of: base) == name
            else {
                throw .damaged(
                    Damage(path: "\(path)/\(name)", offset: 0, reason: "is no segment's name")
                )
            }
            bases.append(base)
        }
        return bases
    }

    package func path(of base: Int) -> String { "\(path)/\(name(of: base))" }

    /// Opens the segment that begins with `base`.
    package func open(_ base: Int, _ mode: File.Mode = .read) throws(StorageError) -> SegmentFile {
        let file = try StorageError.wrap { () throws(FileError) in
            try File(path(of: base), mode)
        }
        return SegmentFile(file, base: base)
    }

    /// Makes a segment of these bytes, which has its name only when they are durable.
    ///
    /// - Throws: ``StorageError/file(_:)``; `alreadyExists` with nothing changed.
    func create(_ base: Int, with bytes: [UInt8]) throws(StorageError) -> SegmentFile {
        let path = path(of: base)
        try StorageError.wrap { () throws(FileError) in
            guard !Folder.exists(path) else {
                throw FileError(.alreadyExists, operation: "create", path: path)
            }
            try Folder.replaceFile(path, with: bytes)
        }
        return try open(base, .update)
    }

    /// Removes a segment, durably.
    package func remove(_ base: Int) throws(StorageError) {
        try StorageError.wrap { () throws(FileError) in try Folder.removeFile(path(of: base)) }
    }

    /// Which of `bases` the number lies in or behind, or `nil` if all begin after it.
    package static func index(holding number: Int, in bases: [Int]) -> Int? {
        var low = 0
        var high = bases.count
        while low < high {
            let middle = (low + high) / 2
            if bases[middle] <= number { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? low - 1 : nil
    }

    private func name(of base: Int) -> String {
        let digits = String(base)
        return String(repeating: "0", count: 20 - digits.count) + digits + suffix
    }
}
