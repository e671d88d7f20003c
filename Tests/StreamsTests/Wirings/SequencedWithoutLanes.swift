// expect: there are lanes to put in order only after .partition
import Streams

let graph = Blueprint("mistake") { graph in
    graph.source("numbers") { Numbers() }
        .sequenced("order") { $0 }
        .sink("sink") { _ in Ignore() }
}
