// expect:
import Streams

/// Long chains whose closures mix types: what no compiler could check as one expression.
let graph = Blueprint("forty") { graph in
    let both = graph.source("numbers") { Numbers() }
        .map("a") { $0 + 1 }
        .filter("b") { $0 % 2 == 0 }
        .map("c") { $0 * 2 }
        .map("d") { Double($0) / 3 }
        .map("e") { Int($0) }
        .decode("f", half)
        .deadLetter("g") { _ in Ignore() }
        .map("h") { "\($0)" }
        .filter("i") { !$0.isEmpty }
        .map("j") { $0.utf8.count }
        .parallel("k", lanes: 2) { $0.map("l") { $0 + 1 }.filter("m") { $0 > 0 } }
        .broadcast("n")
    both.first
        .boundary()
        .partition("o", lanes: 4) { UInt32($0) }
        .map("p") { $0 + 1 }
        .filter("q") { $0 != 3 }
        .map("r") { ($0, $0 * 2) }
        .map("s") { $0.0 + $0.1 }
        .sequenced("t") { $0 }
        .batch("u", BatchLimits(count: 100, bytes: 10_000, elapsed: .milliseconds(50)))
        .merkleCommit("v") { _ in Total() }
        .sink("w") { _ in Ignore() }
    let more = graph.source("x") { Numbers() }
        .map("y") { $0 - 1 }
        .filter("z") { $0 > 10 }
    let mixed = both.second
        .map("A") { $0 + 1 }
        .boundary(Window(chunk: 256, chunks: 8))
        .flatMap("B") { number, output in output.append(number) }
        .merge("C", with: more)
        .map("D") { [$0] }
        .map("E") { $0.reduce(0, +) }
        .filter("F") { $0 % 3 == 0 || $0 % 5 == 0 }
        .map("G") { Float($0) * 1.5 }
    mixed.sink("H") { _ in Ignore() }
}
