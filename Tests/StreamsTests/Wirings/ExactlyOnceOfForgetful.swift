// expect: the source of this flow cannot
import Streams

let graph = Blueprint("mistake") { graph in
    graph.source("socket") { Socket() }
        .exactlyOnceSink("sink") { _ in Ignore() }
}
