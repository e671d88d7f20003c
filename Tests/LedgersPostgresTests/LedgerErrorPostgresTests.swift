import Ledgers
import StreamsPostgres
import Testing

@testable import LedgersPostgres
@testable import StreamsPostgres

/// What the server says, and what is true of the ledger afterwards.
@Suite struct LedgerErrorPostgresTests {
    private func error(_ state: String) -> LedgerError {
        LedgerError(
            PostgresError(PostgresError.kind(ofSQLState: state), "text", sqlState: state)
        )
    }

    @Test(arguments: ["40001", "40P01", "55P03", "57014", "57P01", "53300", "08006", "28P01"])
    func canSucceedLater(state: String) {
        #expect(error(state) == .unavailable(reason: "text (\(state))"))
    }

    @Test(arguments: ["53100", "25006", "42501"])
    func isNotWritable(state: String) {
        #expect(error(state) == .notWritable(reason: "text (\(state))"))
    }

    @Test(arguments: ["23514", "23502", "22021", "22001", "54000"])
    func isRefusedForGood(state: String) {
        #expect(error(state) == .refused(reason: "text (\(state))"))
    }

    @Test(arguments: ["23505", "XX001", "XX002"])
    func isDamage(state: String) {
        #expect(error(state) == .damaged(reason: "text (\(state))"))
    }

    @Test(arguments: ["42P01", "3F000", "42703"])
    func isNoLedger(state: String) {
        #expect(error(state) == .unusable(reason: "text (\(state))"))
    }

    @Test func staysInDoubt() {
        let error = LedgerError(PostgresError(.inDoubt, "text"))
        #expect(error == .inDoubt(reason: "text"))
    }
}
