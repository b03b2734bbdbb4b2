import Dispatch
import Glibc
import Testing

@testable import TickServer

@Suite struct LifeTests {
  private func configuration(_ host: String, port: Int = 0) -> HTTPServer.Configuration {
    var configuration = HTTPServer.Configuration(version: "1", dialectVersion: "2")
    configuration.host = host
    configuration.port = port
    return configuration
  }

  @Test(
    "an address that others can reach is refused before anything listens",
    arguments: ["0.0.0.0", "8.8.8.8", "::", "192.168.0.1"])
  func notLoopback(host: String) {
    #expect(throws: ServerError.notLoopback(host: host)) {
      try HTTPServer.start(configuration(host), service: FakeService())
    }
  }

  @Test("a name without an address and a taken port are said so in a sentence")
  func cannotListen() throws {
    #expect(throws: ServerError.cannotResolve(host: "nowhere.invalid")) {
      try HTTPServer.start(configuration("nowhere.invalid"), service: FakeService())
    }
    let harness = try Harness()
    let taken = ServerError.cannotListen(
      host: "127.0.0.1", port: harness.server.port, reason: "address already in use")
    #expect(throws: taken) {
      try HTTPServer.start(
        configuration("127.0.0.1", port: harness.server.port), service: FakeService())
    }
    #expect(taken.sentence.contains("127.0.0.1:\(harness.server.port)"))
  }

  @Test("the URL is the address that is listened on")
  func url() throws {
    let harness = try Harness()
    #expect(harness.server.url == "http://127.0.0.1:\(harness.server.port)")
  }

  @Test("stopping closes idle connections and accepts no new ones")
  func stopIdle() throws {
    let harness = try Harness()
    let client = harness.client()
    #expect(client.ask("GET", "/ping").status == 200)
    let port = harness.server.port
    harness.stop(grace: .seconds(5))
    #expect(client.isClosedByServer())
    #expect(throws: ClientError.self) {
      try QueryClient(url: "http://127.0.0.1:\(port)").run("echo 1", format: nil) { _ in }
    }
  }

  @Test("stopping lets a running statement end, and says that the connection closes")
  func stopRunning() throws {
    let harness = try Harness()
    let client = harness.client()
    client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\n\r\nsleep 500000")
    #expect(harness.service.waits { $0.requests.count == 1 })
    harness.stop(grace: .seconds(10))
    let answer = client.answer()
    #expect(answer.text == "slept\n")
    #expect(answer["Connection"] == "close")
    #expect(client.isClosedByServer())
  }

  @Test("a statement that outlasts the grace is cancelled, and its client told")
  func stopLong() throws {
    let harness = try Harness()
    let client = harness.client()
    client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nwait")
    #expect(harness.service.waits { $0.requests.count == 1 })
    harness.stop(grace: .milliseconds(50))
    #expect(client.answer()["X-ClickHouse-Exception-Code"] == "394")
  }

  @Test("a stop that is hurried does not wait for its grace")
  func hurry() throws {
    let harness = try Harness()
    let client = harness.client()
    client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nwait")
    #expect(harness.service.waits { $0.requests.count == 1 })
    let server = harness.server
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(100)) { server.hurry() }
    let began = ContinuousClock.now
    harness.stop(grace: .seconds(60))
    #expect(ContinuousClock.now - began < .seconds(20))
    #expect(client.answer()["X-ClickHouse-Exception-Code"] == "394")
  }

  @Test("one connection too many is told so; a place that becomes free is taken")
  func connectionLimit() throws {
    let harness = try Harness { $0.connectionsMax = 3 }
    var clients = (0..<3).map { _ in harness.client() }
    for client in clients { #expect(client.ask("GET", "/ping").status == 200) }
    let extra = harness.client()
    let refused = extra.ask("GET", "/ping")
    #expect(refused.status == 503)
    #expect(refused.text.contains("too many connections"))
    #expect(extra.isClosedByServer())
    clients.removeLast()
    var answered = false
    for _ in 0..<100 where !answered {
      answered = harness.ask("GET", "/ping").status == 200
      if !answered { usleep(20_000) }
    }
    #expect(answered)
  }

  @Test("many clients at once are all answered")
  func crowd() throws {
    let harness = try Harness()
    let clients = (0..<200).map { _ in harness.client() }
    for (index, client) in clients.enumerated() {
      let text = "echo \(index)"
      client.send(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)")
    }
    for (index, client) in clients.enumerated() { #expect(client.answer().text == "\(index)\n") }
  }
}
