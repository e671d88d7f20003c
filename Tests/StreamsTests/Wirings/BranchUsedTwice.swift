// expect: 'both' consumed more than once
import Streams

let graph = Blueprint("mistake") { graph in
    let both = graph.source("numbers") { Numbers() }.broadcast("both")
    both.first.sink("first") { _ in Ignore() }
    both.first.sink("second") { _ in Ignore() }
}
