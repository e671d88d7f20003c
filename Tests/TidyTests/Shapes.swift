/// Rules about the shape of a file: its length, its docstrings, what its signatures show.
enum Shapes {
    /// A file of more lines does more than one thing; aim for 400.
    static let linesMax = 500

    static func problems(of file: SourceFile) -> [String] {
        let length =
            file.lines.count > linesMax
            ? ["\(file.path): \(file.lines.count) lines, split it: one concept a file"] : []
        return length + bareTypes(in: file) + cTypesInSignatures(in: file)
    }

    /// Public types without a docstring.
    static func bareTypes(in file: SourceFile) -> [String] {
        let type =
            /^\s*(@\S+ )*public (final |indirect |nonisolated )*(struct|class|enum|actor|protocol) (\w+)/
        return file.code.indices.compactMap { index in
            guard let match = file.code[index].firstMatch(of: type) else { return nil }
            var above = index - 1
            while above >= 0, file.lines[above].contains(/^\s*@/) { above -= 1 }
            let isDocumented = above >= 0 && file.lines[above].contains(/^\s*\/\/\/ ?\S/)
            return isDocumented
                ? nil : "\(file.path):\(index + 1): public type '\(match.4)' has no docstring"
        }
    }

    /// Public and package declarations that name a type of C.
    ///
    /// The compiler refuses those of a module that is imported privately; this finds the rest.
    static func cTypesInSignatures(in file: SourceFile) -> [String] {
        let cType =
            /\b(OpaquePointer|CInt|CLong|CChar|pid_t|off_t|mode_t|stat|timespec|iovec|sigset_t|EVP_\w+|sqlite3\w*|rd_kafka\w*)\b/
        return zip(file.code, 1...).compactMap { line, number in
            guard line.contains(/^\s*(@\S+ )*(public|package)\s/),
                let match = line.firstMatch(of: cType)
            else { return nil }
            return "\(file.path):\(number): '\(match.1)' is a type of C in a signature"
        }
    }
}
