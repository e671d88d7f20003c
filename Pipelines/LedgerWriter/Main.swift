/// The service `ledger-writer`.
@main
enum Main {
    static func main() async {}
}
