// expect: an exactly-once sink needs offsets that follow each other
import Streams

let graph = Blueprint("mistake") { graph in
    graph.source("numbers") { Numbers() }
        .partition("lanes", lanes: 2) { UInt32($0) }
        .merged("merged")
        .batch("batch", BatchLimits(count: 10, wholeChunks: true))
        .exactlyOnceSink("sink") { _ in Ignore() }
}
