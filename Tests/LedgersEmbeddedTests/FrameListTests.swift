import Foundation
import Testing

@testable import LedgersEmbedded
@testable import StreamsEmbedded

@Suite struct FrameListTests {
    private let folder: TemporaryFolder
    private var path: String { "\(folder.path)/frames" }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func open() throws -> FrameList {
        try FrameList(try File(path, .updateOrCreate))
    }

    /// Frames of 1 to 9 entries, a segment every 50.
    private static let places = (0..<40).reduce(into: [FrameList.Place]()) { places, number in
        let index = places.last.map { $0.index + 1 + number * 5 % 9 } ?? 0
        places.append(
            FrameList.Place(index: index, segment: index / 50 * 50, position: number * 1_000)
        )
    }

    @Test func findsTheFrameOfEveryEntry() throws {
        var list = try open()
        #expect(try list.find(0) == nil)
        for place in Self.places { try list.append(place) }
        let again = try open()
        #expect(again.count == Self.places.count)
        for index in 0..<300 {
            let expected = Self.places.last { $0.index <= index }
            #expect(try list.find(index) == expected)
            #expect(try again.find(index) == expected)
        }
    }

    @Test func forgetsFramesFromAnIndexOn() throws {
        for index in 0..<Self.places[39].index + 2 {
            var list = try open()
            try list.cut(from: 0)
            for place in Self.places { try list.append(place) }
            try list.cut(from: index)
            let kept = Self.places.filter { $0.index < index }
            #expect(list.count == kept.count)
            #expect(try open().count == kept.count)
            #expect(try (0..<kept.count).map { try list.place($0) } == kept)
        }
    }

    /// A record that a crash has cut is as if it had not been written.
    @Test func takesNoPartOfARecord() throws {
        var list = try open()
        for place in Self.places.prefix(3) { try list.append(place) }
        let whole = try Data(contentsOf: URL(filePath: path))
        for size in 0...whole.count {
            try whole.prefix(size).write(to: URL(filePath: path))
            let cut = try open()
            #expect(cut.count == size / FrameList.recordSize)
            #expect(try cut.find(1_000) == Self.places.prefix(cut.count).last)
        }
    }

    /// Whatever the file holds, an answer comes; it may be wrong, since the list is derived.
    @Test func answersWhateverTheFileHolds() throws {
        for byte in UInt8.min...UInt8.max {
            try Data(repeating: byte, count: 240).write(to: URL(filePath: path))
            _ = try open().find(Int(byte))
        }
    }
}
