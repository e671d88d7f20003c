/// What `Package.swift` says, as far as rules ask for it.
struct Manifest {
    let targets: [String]
    let hasDependencies: Bool

    init(_ text: String) {
        let code = SourceFile(path: "Package.swift", text: text).code.joined(separator: "\n")
        hasDependencies = code.contains(/\.package\(/)
        let target =
            /(?:library|tests|program|\.target|\.systemLibrary|\.executableTarget|\.testTarget)\(\s*(?:name: )?"([\w-]+)"/
        // `.library(name:` is a product, not a target.
        targets = text.matches(of: target).filter { match in
            !text[..<match.range.lowerBound].hasSuffix(".")
                || !text[match.range].hasPrefix("library")
        }.map { String($0.1) }
    }

    /// Targets that `architecture` has no word of.
    ///
    /// Every target stands there in bold, but for tests, whose name says what they test.
    func targetsMissing(from architecture: String) -> [String] {
        let subjects = Set(targets.map { $0.lowercased().replacing("-", with: "") })
        return targets.filter { target in
            let isTestOfTarget =
                target.hasSuffix("Tests")
                && subjects.contains(target.dropLast("Tests".count).lowercased())
            return !isTestOfTarget && !architecture.contains("**\(target)**")
                && !(target.hasSuffix("Tests") && architecture.contains(target))
        }
    }
}
