// expect: cannot convert value of type
import Streams

let graph = Blueprint("mistake") { graph in
    graph.source("numbers") { Numbers() }
        .map("text") { (text: String) in text + "!" }
        .sink("sink") { _ in Ignore() }
}
