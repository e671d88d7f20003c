import Testing

@testable import StreamsKafka

@Suite struct KafkaBatchTests {
    @Test func namesOfHeadersStandInTheArenaOnce() {
        var batch = KafkaBatch()
        for number in 0..<3 {
            batch.append(key: "k", value: "v".utf8)
            batch.addProducer("p", number)
        }
        #expect(batch.count == 3)
        #expect(batch.headers.count == 6)
        #expect(Set(batch.headers.map(\.nameStart)).count == 2)
        #expect(batch.records.map(\.firstHeader) == [0, 2, 4])
        #expect(batch.bytes.filter { $0 == 0 }.count == 2)
    }

    @Test func nothingDiffersFromNothingInIt() {
        var batch = KafkaBatch()
        batch.append(key: nil, value: nil)
        batch.append(key: "", value: [], partition: 3)
        #expect(batch.records.map(\.keyCount) == [-1, 0])
        #expect(batch.records.map(\.valueCount) == [-1, 0])
        #expect(batch.records.map(\.partition) == [-1, 3])
        batch.removeAll()
        #expect(batch.count == 0 && batch.bytes.isEmpty && batch.headers.isEmpty)
    }
}
