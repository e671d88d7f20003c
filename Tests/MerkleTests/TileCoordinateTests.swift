import Testing

@testable import Merkle

@Suite struct TileCoordinateTests {
    @Test func answersEveryNumber() throws {
        let extremes = [Int.min, -1, 0, 1, 63, 64, 255, 256, 257, Int.max]
        for level in extremes {
            for index in extremes {
                for width in extremes {
                    let tile = TileCoordinate(level: level, index: index, width: width)
                    let isTile = (0...63).contains(level) && index >= 0 && 1...256 ~= width
                    #expect((tile != nil) == isTile)
                    #expect(tile?.hashRange == nil || index < Int.max)
                }
            }
        }
        let tile = try #require(TileCoordinate(level: 0, index: 2, width: 7))
        #expect(tile.hashRange == 512..<519)
    }
}
