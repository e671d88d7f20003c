// expect: a log needs one order of its entries
import Streams

let graph = Blueprint("mistake") { graph in
    graph.source("numbers") { Numbers() }
        .partition("lanes", lanes: 2) { UInt32($0) }
        .merged("merged")
        .batch("batch", BatchLimits(count: 10))
        .merkleCommit("commit") { _ in Total() }
        .sink("sink") { _ in Ignore() }
}
