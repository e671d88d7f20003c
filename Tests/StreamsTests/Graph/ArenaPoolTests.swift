import Testing

@testable import Streams

@Suite struct ArenaPoolTests {
    private static func arena(_ count: Int) -> [UInt8] {
        Array(repeating: UInt8(count % 256), count: count)
    }

    @Test func lendsAnArenaAgainOnceNobodyHoldsIt() {
        var pool = ArenaPool()
        var arena = Self.arena(100)
        var held = arena
        pool.exchange(&arena)
        #expect(arena.capacity == 0)
        #expect(held == Self.arena(100))
        held = []
        arena = pool.next()
        #expect(arena.capacity >= 100)
        #expect(arena.isEmpty)
        #expect(held.isEmpty)
    }

    @Test func lendsTheArenaItIsGivenIfNobodyElseHoldsIt() {
        var pool = ArenaPool()
        var arena = Self.arena(100)
        pool.exchange(&arena)
        #expect(arena.capacity >= 100)
        #expect(arena.isEmpty)
    }

    @Test func keepsNoMoreThanItsBounds() {
        var pool = ArenaPool()
        var held: [[UInt8]] = []
        for index in 0..<200 {
            var arena = Self.arena(index + 1)
            held.append(arena)
            pool.exchange(&arena)
        }
        #expect(pool.arenas.count == ArenaPool.mostArenas)
        for _ in 0..<5 {
            var arena = Self.arena(ArenaPool.mostBytes / 3)
            held.append(arena)
            pool.exchange(&arena)
        }
        #expect(pool.bytes <= ArenaPool.mostBytes)
        #expect(pool.bytes == pool.arenas.reduce(0) { $0 + $1.count })
        #expect(held.indices.allSatisfy { held[$0].count > 0 })
    }
}
