// expect: result of call to 'map
import Streams

let graph = Blueprint("mistake") { graph in
    graph.source("numbers") { Numbers() }.map("more") { $0 + 1 }
}
