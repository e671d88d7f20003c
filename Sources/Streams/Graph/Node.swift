/// One stage of the graph as declared.
@usableFromInline
struct Node: Sendable {
    /// Makes the ports of one instance of the stage, one for each stream that ends there.
    @usableFromInline
    typealias Build = @Sendable (Assembly, Site) throws -> [AnyObject]

    let kind: String
    let name: String
    let file: String
    let line: Int
    let inputs: [Int]
    /// How many instances run.
    let lanes: Int
    var traits: Traits
    /// The bytes that one instance may hold back.
    @usableFromInline var heldBytes = 0
    let build: Build
    let drive: (@Sendable (Assembly, Site) async throws -> Void)?
    var outputs: [Int] = []

    @usableFromInline
    init(
        kind: String,
        name: String,
        file: String,
        line: Int,
        inputs: [Int],
        lanes: Int,
        traits: Traits = [],
        build: @escaping Build,
        drive: (@Sendable (Assembly, Site) async throws -> Void)? = nil
    ) {
        self.kind = kind
        self.name = name
        self.file = file
        self.line = line
        self.inputs = inputs
        self.lanes = lanes
        self.traits = traits
        self.build = build
        self.drive = drive
    }
}
