import Glibc

/// What is done to folders and to whole files in them.
package enum Folder {
    /// Makes the folder `path` and those above it that are missing; one that exists stays.
    package static func create(_ path: String) throws(FileError) {
        if unsafe mkdir(path, 0o755) == 0 { return try sync(parent(of: path)) }
        switch errno {
        case EEXIST where isFolder(path):
            return
        // Where the folder above is there, another try would end the same way.
        case ENOENT where !isFolder(parent(of: path)):
            try create(parent(of: path))
            try create(path)
        case let code:
            throw FileError(code: code, operation: "create", path: path)
        }
    }

    /// Whether there is a folder at `path`.
    package static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether there is anything at `path`.
    package static func exists(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0
    }

    /// The names in the folder, sorted.
    package static func names(in path: String) throws(FileError) -> [String] {
        guard let stream = unsafe opendir(path) else {
            throw FileError(code: errno, operation: "list", path: path)
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else { break }
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        // The end and a failure look the same but for this.
        if errno != 0 { throw FileError(code: errno, operation: "list", path: path) }
        return names.sorted()
    }

    /// Returns when names made in, or removed from, the folder are durable.
    package static func sync(_ path: String) throws(FileError) {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw FileError(code: errno, operation: "open", path: path)
        }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw FileError(code: errno, operation: "sync", path: path)
        }
    }

    /// Puts a file of `bytes` at `path`, durably and whole: a crash leaves the old one or the new.
    package static func replaceFile(_ path: String, with bytes: [UInt8]) throws(FileError) {
        let draft = path + ".new"
        do {
            let file = try File(draft, .updateOrCreate)
            try file.truncate(to: 0)
            try file.write(bytes.span, at: 0)
            try file.syncData()
        }
        try renameFile(draft, to: path)
    }

    /// Gives a file another name in its folder, durably; a file that had the name is gone.
    package static func renameFile(_ path: String, to name: String) throws(FileError) {
        guard unsafe rename(path, name) == 0 else {
            throw FileError(code: errno, operation: "rename", path: name)
        }
        try sync(parent(of: name))
    }

    /// Removes a file, durably.
    package static func removeFile(_ path: String) throws(FileError) {
        guard unsafe unlink(path) == 0 else {
            throw FileError(code: errno, operation: "remove", path: path)
        }
        try sync(parent(of: path))
    }

    /// All bytes of a file.
    ///
    /// - Throws: ``FileError``, of the kind ``FileError/Kind/tooLarge(limit:)`` if there are more
    ///   than `limit`.
    package static func contents(of path: String, limit: Int) throws(FileError) -> [UInt8] {
        let bytes = try beginning(of: path, limit: limit + 1)
        guard bytes.count <= limit else {
            throw FileError(.tooLarge(limit: limit), operation: "read", path: path)
        }
        return bytes
    }

    /// The bytes of a file, of more than `limit` the first ones.
    package static func beginning(of path: String, limit: Int) throws(FileError) -> [UInt8] {
        let file = try File(path, .read)
        var bytes: [UInt8] = []
        try file.read(min(try file.size, limit), at: 0, into: &bytes)
        return bytes
    }

    /// The folder that `path` lies in.
    package static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
