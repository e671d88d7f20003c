import ConformanceKit
import Streams
import StreamsKafka
import Testing

@Suite(
    .serialized,
    .timeLimit(.minutes(3)),
    .enabled(if: KafkaServer.isAvailable, "needs CARACAL_TEST_KAFKA")
)
struct KafkaAdminTests {
    @Test func topicsThatAreThereAreLeftAlone() async throws {
        let fixture = try await KafkaFixture(partitions: 3)
        let outcomes = try await fixture.admin.create([
            KafkaTopic(fixture.topic, partitions: 7),
            KafkaTopic(fixture.topic + "-new", partitions: 2),
            KafkaTopic("no such name!", partitions: 2),
        ])
        #expect(outcomes[fixture.topic] == .alreadyThere)
        #expect(outcomes[fixture.topic + "-new"] == .created)
        guard case .refused(let error)? = outcomes["no such name!"] else {
            Issue.record("a name with blanks was taken")
            return
        }
        #expect(error.name == "TOPIC_EXCEPTION")
        #expect(try await fixture.admin.partitionCount(of: fixture.topic) == 3)
    }

    @Test func anUnknownTopicIsSaidToBeUnknown() async throws {
        let fixture = try await KafkaFixture()
        let error = await #expect(throws: KafkaError.self) {
            _ = try await fixture.admin.partitionCount(of: fixture.topic + "-none")
        }
        #expect(error?.kind == .unknownTopic)
    }

    @Test func anAbsentBrokerIsAnErrorInTime() async throws {
        let admin = try KafkaAdmin(
            settings: KafkaSettings(["bootstrap.servers": "127.0.0.1:1"], for: .admin),
            timeout: .milliseconds(300)
        )
        let start = clock.now()
        let error = await #expect(throws: KafkaError.self) {
            _ = try await admin.create([KafkaTopic("t")])
        }
        #expect(error?.isRetriable == true)
        #expect(clock.now() - start < .seconds(5))
    }
}
