// expect: 'numbers' consumed more than once
import Streams

let graph = Blueprint("mistake") { graph in
    let numbers = graph.source("numbers") { Numbers() }
    numbers.sink("first") { _ in Ignore() }
    numbers.sink("second") { _ in Ignore() }
}
