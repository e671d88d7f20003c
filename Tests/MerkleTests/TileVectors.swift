/// What `tile-paths.json` holds.
struct TileVectors: Decodable {
    struct Path: Decodable {
        let level: Int?
        let index, partial: Int
        let path: String
    }

    struct LeafPath: Decodable {
        let seq, size: Int
        let path: String
    }

    struct Parse: Decodable {
        let level, index: String
        let l, n, w: Int?
    }

    struct Place: Decodable {
        let treeLevel, treeIndex, tileLevel, tileIndex, nodeLevel, nodeIndex: Int
    }

    struct Tree: Decodable {
        struct Level: Decodable {
            let level, full, partialWidth: Int
        }

        let size: Int
        let tiles: [Level]
    }

    struct Growth: Decodable {
        let old, new, count: Int
    }

    let c2spTilePath, c2spEntriesPath: [Path]
    let entriesPathForLogIndex: [LeafPath]
    let parseOk, parseBad: [Parse]
    let nodeToTile: [Place]
    let tilesOfTree: [Tree]
    let newTilesHeight10: [Growth]
    let sumdbPaths: [[String: PathPart]]

    /// The paths of the older layout, of which only the text matters here.
    enum PathPart: Decodable {
        case text(String)
        case number(Int)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self = .text(text)
            } else {
                self = .number(try container.decode(Int.self))
            }
        }
    }

    static func load() throws -> Self {
        try Vectors.load("tile-paths.json")
    }
}
