import Streams

/// What the meter has to say.
enum Report: Equatable, Sendable {
    /// The agent's spend has passed its budget with the call in `row`; said once an agent.
    case overBudget(agent: UInt32, row: Int, spent: Int)
    /// What an agent has spent when the flow ends.
    case total(agent: UInt32, calls: Int, spent: Int)

    var text: String {
        switch self {
        case .overBudget(let agent, let row, let spent):
            "agent \(agent) is over budget at row \(row): \(dollars(spent))"
        case .total(let agent, let calls, let spent):
            "agent \(agent): \(calls) calls, \(dollars(spent))"
        }
    }
}

/// Millionths of a dollar for people, rounded down to cents.
private func dollars(_ millionths: Int) -> String {
    let cents = millionths / 10_000
    return "\(cents / 100).\(cents % 100 < 10 ? "0" : "")\(cents % 100) USD"
}

/// Adds up what each agent spends, and tells once when it is over budget.
///
/// A stage is a value with state: no lock and no `await`, for nobody else can see it. Each lane
/// makes one of its own inside the task that runs it, and is sent all calls of its agents.
struct Meter: Stage {
    private struct Account {
        var calls = 0
        var spent = 0
    }

    private let budget: Int
    private var accounts: [UInt32: Account] = [:]

    init(budget: Int) {
        self.budget = budget
    }

    mutating func process(_ input: Span<Call>, _ bytes: Span<UInt8>, into output: inout [Report]) {
        for index in input.indices {
            let call = input[index]
            var account = accounts[call.agent] ?? Account()
            let wasWithin = account.spent <= budget
            account.calls += 1
            account.spent += call.cost
            accounts[call.agent] = account
            if wasWithin && account.spent > budget {
                output.append(
                    .overBudget(agent: call.agent, row: call.row, spent: account.spent)
                )
            }
        }
    }

    func finish(into output: inout [Report]) {
        for (agent, account) in accounts.sorted(by: { $0.key < $1.key }) {
            output.append(.total(agent: agent, calls: account.calls, spent: account.spent))
        }
    }
}
