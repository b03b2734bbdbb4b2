/// Who gets in, by each of ClickHouse's ways, and with what.
import TickEngine
import Testing

@testable import TickServer

struct AccountTests {
  private static let accounts = Accounts([
    Account(name: "default", password: .init(of: "secret")),
    Account(
      name: "reader", password: .init(of: "pässword"), database: "market",
      settings: [SettingChange("readonly", "1")]),
  ])

  /// Base64 of `default:secret`.
  private static let basic = "Authorization: Basic ZGVmYXVsdDpzZWNyZXQ="

  @Test(
    "a right password opens by every way",
    arguments: [
      ("", [basic]), ("", ["X-ClickHouse-User: default", "X-ClickHouse-Key: secret"]),
      ("", ["X-ClickHouse-Key: secret"]), ("&user=default&password=secret", []),
      ("&password=secret", []), ("&user=reader&password=p%C3%A4ssword", []),
      ("&user=default&password=secret", [basic]),
    ])
  func right(parameters: String, fields: [String]) throws {
    let harness = try Harness(accounts: Self.accounts)
    let answer = harness.ask("GET", "/?query=echo" + parameters, fields: fields)
    #expect(answer.status == 200)
  }

  @Test(
    "anything else is refused, without telling which part was wrong",
    arguments: [
      ("", ["Authorization: Basic ZGVmYXVsdDp3cm9uZw=="], 403, "516"),
      ("&user=nobody&password=secret", [], 403, "516"),
      ("&user=default&password=", [], 403, "516"), ("&user=&password=secret", [], 403, "516"),
      ("&user=reader&password=secret", [basic], 403, "516"),
      ("", ["Authorization: Bearer x"], 403, "516"),
      ("", ["X-ClickHouse-SSL-Certificate-Auth: on"], 403, "516"), ("", [], 401, "194"),
    ])
  func wrong(parameters: String, fields: [String], status: Int, code: String) throws {
    let harness = try Harness(accounts: Self.accounts)
    let answer = harness.ask("GET", "/?query=echo" + parameters, fields: fields)
    #expect(answer.status == status)
    #expect(answer["X-ClickHouse-Exception-Code"] == code)
    #expect((answer["WWW-Authenticate"] != nil) == (status == 401))
    #expect(!answer.text.contains("26.9"))
    #expect(harness.service.log.withLock { $0.requests.isEmpty })
  }

  @Test("an account's database and settings go with its statements")
  func profile() throws {
    let harness = try Harness(accounts: Self.accounts)
    let parameters = "&user=reader&password=p%C3%A4ssword"
    _ = harness.ask("POST", "/?" + parameters, body: "echo 1")
    _ = harness.ask("POST", "/?database=other" + parameters, body: "echo 1")
    let requests = harness.service.log.withLock { $0.requests }
    #expect(requests.map(\.user) == ["reader", "reader"])
    #expect(requests.map(\.database) == ["market", "other"])
    #expect(requests[0].profile == [SettingChange("readonly", "1")])
  }

  @Test("one who may only read does not import")
  func imports() throws {
    let harness = try Harness(accounts: Self.accounts)
    let answer = harness.ask(
      "POST", "/import?user=reader&password=p%C3%A4ssword", body: "x")
    #expect(answer["X-ClickHouse-Exception-Code"] == "164")
    #expect(harness.service.log.withLock { $0.imports.isEmpty })
  }

  @Test("beyond loopback every user needs a password; with passwords any host name is right")
  func loopback() throws {
    var configuration = HTTPServer.Configuration(version: "1", dialectVersion: "1")
    configuration.host = "0.0.0.0"
    configuration.port = 0
    #expect(throws: ServerError.notLoopback(host: "0.0.0.0")) {
      _ = try HTTPServer.start(configuration, service: FakeService())
    }
    configuration.accounts = Self.accounts
    let server = try HTTPServer.start(configuration, service: FakeService())
    defer { server.stop(grace: .zero) }
    let client = RawClient(port: server.port, timeoutSeconds: 20, receiveBufferBytes: nil)
    client.send("GET /?query=echo HTTP/1.1\r\nHost: ticks.example\r\n\(Self.basic)\r\n\r\n")
    #expect(client.answer().status == 200)
  }

  @Test("hashes are what sha256sum prints")
  func hashes() {
    let hash = Account.PasswordHash(
      hexadecimal: "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b")
    #expect(hash == Account.PasswordHash(of: "secret"))
    for wrong in ["", "2b", String(repeating: "g", count: 64), String(repeating: "0", count: 66)] {
      #expect(Account.PasswordHash(hexadecimal: wrong) == nil)
    }
  }
}
