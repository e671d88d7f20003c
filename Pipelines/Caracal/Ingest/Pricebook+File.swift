import CommandLineInterface
import Events
import StreamsEmbedded

extension Pricebook {
    /// Reads the pricebook in the file at `path`; without one, the built-in.
    static func read(_ path: String?) throws(CommandError) -> Pricebook {
        guard let path else { return .builtIn }
        let csv = try reading { () throws(FileError) in
            try Folder.contents(of: path, limit: 16 << 20)
        }
        do {
            return try Pricebook(csv: csv.span)
        } catch {
            throw CommandError("\(path): \(error)", exitCode: .badData)
        }
    }
}
