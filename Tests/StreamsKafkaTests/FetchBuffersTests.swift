import Streams
import Testing

@testable import StreamsKafka

@Suite struct FetchBuffersTests {
    private var buffers = FetchBuffers(byteLimit: 4 << 20, recordLimit: 100)

    /// What the thread does with records of `size` bytes.
    private func fetch(
        _ buffers: inout FetchBuffers,
        _ partition: Int,
        _ offsets: Range<Int>,
        size: Int = 10
    ) -> (isNews: Bool, pauses: [Int]) {
        guard var buffer = buffers.fill(partition) else { return (false, []) }
        for offset in offsets {
            let start = UInt32(buffer.bytes.count)
            buffer.bytes += Array(repeating: 7, count: size)
            buffer.elements.append(
                LogRecord(offset: offset, start: start, count: UInt32(size))
            )
        }
        buffer.upper = offsets.upperBound
        return buffers.publish(partition, buffer)
    }

    private func take(_ buffers: inout FetchBuffers, _ partition: Int, _ reader: Int) -> Range<Int>?
    {
        guard
            case .buffer(let buffer, _) = buffers.take(partition, reader, returning: RecordBuffer())
        else { return nil }
        return buffer.lower..<buffer.upper
    }

    @Test func rangesFollowEachOtherAndCoverGaps() {
        var buffers = buffers
        let reader = buffers.open(0, from: 5)
        #expect(buffers.resume(0) == 5)
        #expect(fetch(&buffers, 0, 9..<12).isNews)
        #expect(take(&buffers, 0, reader) == 5..<12)
        #expect(fetch(&buffers, 0, 20..<21).isNews)
        #expect(fetch(&buffers, 0, 30..<30).isNews)
        #expect(take(&buffers, 0, reader) == 12..<30)
        #expect(take(&buffers, 0, reader) == nil)
    }

    @Test func whatNobodyReadsIsDropped() {
        var buffers = buffers
        #expect(!fetch(&buffers, 3, 0..<9).isNews)
        #expect(buffers.byteCount == 0)
    }

    @Test func anOlderReaderGetsNothingMore() {
        var buffers = buffers
        let old = buffers.open(0, from: 0)
        _ = fetch(&buffers, 0, 0..<3)
        let new = buffers.open(0, from: 1)
        #expect(buffers.byteCount == 0)
        guard case .closed = buffers.take(0, old, returning: RecordBuffer()) else {
            Issue.record("the old reader still reads")
            return
        }
        #expect(buffers.resume(0) == 1)
        _ = fetch(&buffers, 0, 1..<3)
        #expect(take(&buffers, 0, new) == 1..<3)
    }

    @Test func aFailureComesAfterWhatWasFetched() {
        var buffers = buffers
        let reader = buffers.open(0, from: 0)
        _ = fetch(&buffers, 0, 0..<3)
        buffers.fail(0, EventLogError.closed)
        #expect(take(&buffers, 0, reader) == 0..<3)
        guard case .failed = buffers.take(0, reader, returning: RecordBuffer()) else {
            Issue.record("no failure")
            return
        }
    }

    @Test func aPartitionPausesAtItsBoundAndGoesOnBelowHalf() {
        var buffers = buffers
        let reader = buffers.open(0, from: 0)
        _ = buffers.resume(0)
        var offset = 0
        var paused: [Int] = []
        while paused.isEmpty {
            paused = fetch(&buffers, 0, offset..<offset + 100, size: 1_000).pauses
            offset += 100
        }
        // One partition alone takes half.
        #expect((2 << 20..<(2 << 20) + 200_000).contains(buffers.byteCount))
        #expect(paused == [0])
        #expect(fetch(&buffers, 0, offset..<offset + 1, size: 1).pauses.isEmpty)
        var resumed: [Int] = []
        while resumed.isEmpty {
            guard case .buffer(_, let resume) = buffers.take(0, reader, returning: RecordBuffer())
            else { break }
            resumed = resume
        }
        #expect(resumed == [0])
        #expect(buffers.byteCount <= (4 << 20) / 3)
        #expect(buffers.resume(0) == offset + 1)
        #expect(buffers.resume(0) == nil)
    }

    @Test func manyPartitionsTogetherKeepTheBound() {
        var buffers = buffers
        for partition in 0..<8 {
            _ = buffers.open(partition, from: 0)
            _ = buffers.resume(partition)
        }
        for partition in 0..<8 {
            var offset = 0
            while fetch(&buffers, partition, offset..<offset + 100, size: 1_000).pauses.isEmpty {
                offset += 100
            }
        }
        #expect(buffers.byteCount <= (4 << 20) + 8 * (FetchBuffers.floor + 110_000))
        for partition in 0..<8 { buffers.close(partition) }
        #expect(buffers.byteCount == 0)
    }

    @Test func whatIsReadToItsEndIsHeldWhileTheRestIsPaused() throws {
        var buffers = buffers
        var readers: [Int] = []
        for partition in 0..<3 {
            readers.append(buffers.open(partition, from: 0))
            _ = buffers.resume(partition)
        }
        func end(_ partition: Int) throws -> [Int] {
            let filled = buffers.fill(partition)
            var buffer = try #require(filled)
            buffer.isAtEnd = true
            return buffers.publish(partition, buffer).pauses
        }
        #expect(try end(1) == [])
        var offset = 0
        var paused: [Int] = []
        while paused.isEmpty {
            paused = fetch(&buffers, 0, offset..<offset + 100, size: 1_000).pauses
            offset += 100
        }
        // Partition 2 may still have something: a fetch for it comes back at once.
        #expect(paused == [0])
        #expect(try end(2).sorted() == [1, 2])
        var resumed: [Int] = []
        while resumed.isEmpty {
            let taken = buffers.take(0, readers[0], returning: RecordBuffer())
            guard case .buffer(_, let resume) = taken else { break }
            resumed = resume
        }
        #expect(resumed == [0, 1, 2])
        for partition in 0..<3 { #expect(buffers.resume(partition) != nil) }
        #expect(buffers.endHolding() == [])
    }
}
