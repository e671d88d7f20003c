extension File {
    /// Copies the first `count` bytes into a new file at `target`, whose bytes are durable when this
    /// returns; its name is so after ``Folder/sync(_:)``.
    ///
    /// - Throws: ``StorageError/damaged(_:)`` if there are fewer; what was copied so far stays.
    package func copy(_ count: Int, to target: String) throws(StorageError) {
        let missing = try StorageError.wrap { () throws(FileError) in
            let copy = try File(target, .create)
            var bytes: [UInt8] = []
            var position = 0
            while position < count {
                bytes.removeAll(keepingCapacity: true)
                let read = try self.read(min(1 << 20, count - position), at: position, into: &bytes)
                guard read > 0 else { break }
                try copy.write(bytes.span, at: position)
                position += read
            }
            try copy.syncData()
            return count - position
        }
        guard missing > 0 else { return }
        throw .damaged(
            Damage(path: path, offset: count - missing, reason: "\(missing) bytes are missing")
        )
    }
}
