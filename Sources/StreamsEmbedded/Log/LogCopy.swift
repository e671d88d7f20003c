import Streams

extension EmbeddedEventLog {
    /// Copies what is durable of the log in `folder`, while another process may be appending.
    ///
    /// The copy is durable when this returns, and is a log of its own; its format file is written
    /// last, so that a copy that was cut short is no log.
    ///
    /// - Parameters:
    ///   - folder: The log's.
    ///   - target: Made if it is missing; must hold no log.
    /// - Throws: ``StorageError``; what was copied so far stays.
    public static func copy(_ folder: String, to target: String) async throws(StorageError) {
        try await BlockingExecutor(label: "caracal.copy").perform { () throws(StorageError) in
            let format = FormatVersionFile.path(in: target)
            guard !Folder.exists(format) else {
                throw .file(FileError(.alreadyExists, operation: "create", path: format))
            }
            for files in try PartitionFiles.all(in: folder) {
                let copy = PartitionFiles(log: target, partition: files.partition)
                try StorageError.wrap { () throws(FileError) in try Folder.create(copy.folder) }
                try PartitionContents(files).copy(to: copy)
            }
            try StorageError.wrap { () throws(FileError) in
                try PartitionFiles.format.write(to: target)
            }
        }
    }
}

extension PartitionContents {
    /// Copies the segments up to the durable end, then the end.
    func copy(to copy: PartitionFiles) throws(StorageError) {
        for base in bases {
            let segment = try files.segments.open(base)
            let limit = try limit(of: segment)
            try StorageError.wrap { () throws(FileError) in
                let file = try File(copy.segments.path(of: base), .create)
                try Self.copy(segment.file, to: file, count: limit)
                try file.syncData()
            }
        }
        try StorageError.wrap { () throws(FileError) in
            try DoubleSlotFile.create(copy.end, record: end.record)
        }
    }

    private static func copy(_ file: File, to copy: File, count: Int) throws(FileError) {
        var bytes: [UInt8] = []
        var position = 0
        while position < count {
            bytes.removeAll(keepingCapacity: true)
            let read = try file.read(min(1 << 20, count - position), at: position, into: &bytes)
            guard read > 0 else { return }
            try copy.write(bytes.span, at: position)
            position += read
        }
    }
}
