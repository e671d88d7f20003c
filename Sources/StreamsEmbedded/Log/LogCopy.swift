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
    /// Copies the segments up to the durable end, then the end, whose name is made durable with theirs.
    func copy(to copy: PartitionFiles) throws(StorageError) {
        for base in bases {
            let segment = try files.segments.open(base)
            let limit = try limit(of: segment)
            try segment.file.copy(limit, to: copy.segments.path(of: base))
        }
        try StorageError.wrap { () throws(FileError) in
            try DoubleSlotFile.create(copy.end, record: end.record)
        }
    }
}
