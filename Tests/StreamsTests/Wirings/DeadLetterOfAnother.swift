// expect: requires the types
import Streams

let graph = Blueprint("mistake") { graph in
    graph.source("numbers") { Numbers() }
        .decode("half", half)
        .deadLetter("dead") { _ in WrongLetters() }
        .sink("sink") { _ in Ignore() }
}
