// expect: a lane of .parallel sees every n-th chunk
import Streams

let graph = Blueprint("mistake") { graph in
    graph.source("numbers") { Numbers() }
        .parallel("parallel", lanes: 2) { $0.batch("batch", BatchLimits(count: 10)) }
        .sink("sink") { _ in Ignore() }
}
