// expect: this flow can still fail
import Streams

let graph = Blueprint("mistake") { graph in
    graph.source("numbers") { Numbers() }
        .decode("half", half)
        .sink("sink") { _ in Ignore() }
}
