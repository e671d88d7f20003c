// expect: this flow can already fail
import Streams

let graph = Blueprint("mistake") { graph in
    graph.source("numbers") { Numbers() }
        .decode("half", half)
        .decode("quarter", half)
        .skip("odd") { _ in }
        .sink("sink") { _ in Ignore() }
}
