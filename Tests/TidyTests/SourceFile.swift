import Foundation
import Testing

/// A file of the repository, with its code apart from its comments and texts.
struct SourceFile: CustomTestStringConvertible, Sendable {
    /// From the root of the repository.
    let path: String
    let lines: [String]
    /// The same lines, blank where there is a comment or what stands in quotation marks.
    let code: [String]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        code = CodeReader.code(of: text)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    var testDescription: String { path }

    /// The module that the file is compiled into.
    var module: String {
        let folder = String(path.split(separator: "/")[1])
        return ["Caracal": "caracal", "LedgerWriter": "ledger-writer"][folder] ?? folder
    }

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// What it imports: the line, the words before `import`, and the module.
    var imports: [(line: Int, access: [String], module: String)] {
        zip(code, 1...).compactMap { line, number in
            let words = line.split(separator: " ").map(String.init)
            guard let place = words.firstIndex(of: "import"), let last = words.last,
                place + 1 < words.count
            else { return nil }
            // `import struct Events.Money` imports `Events`.
            let module = last.split(separator: ".").first.map(String.init)
            return (number, Array(words[..<place]), module ?? last)
        }
    }
}

/// The repository that this file is part of.
enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static func text(of path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// The Swift files in `folders`, in order of path.
    static func swiftFiles(in folders: String...) -> [SourceFile] {
        folders.flatMap { folder -> [SourceFile] in
            let all = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
            let paths = (all?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".swift") }
            return paths.sorted().compactMap { path in
                let path = "\(folder)/\(path)"
                return (try? text(of: path)).map { SourceFile(path: path, text: $0) }
            }
        }
    }
}
