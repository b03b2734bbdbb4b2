import Glibc
import TickEngine

@testable import TickServer

/// A server on a free port in front of a fake service, for one test.
final class Harness {
  let service = FakeService()
  let server: HTTPServer
  private var isStopped = false

  init(
    accounts: Accounts = .one, _ change: (inout ServerLimits) -> Void = { _ in }
  ) throws {
    var configuration = HTTPServer.Configuration(version: "9.8.7", dialectVersion: "26.9.2.1")
    configuration.port = 0
    configuration.loopCount = 1
    configuration.accounts = accounts
    configuration.limits.cancelTimeout = .seconds(1)
    configuration.limits.lingerTimeout = .milliseconds(300)
    change(&configuration.limits)
    server = try HTTPServer.start(configuration, service: service)
  }

  deinit { stop() }

  func stop(grace: Duration = .zero) {
    guard !isStopped else { return }
    isStopped = true
    server.stop(grace: grace)
  }

  func client(timeoutSeconds: Int = 20, receiveBufferBytes: Int32? = nil) -> RawClient {
    RawClient(
      port: server.port, timeoutSeconds: timeoutSeconds, receiveBufferBytes: receiveBufferBytes)
  }

  /// A request on a connection of its own.
  func ask(
    _ method: String, _ target: String, fields: [String] = [], body: String? = nil
  ) -> RawClient.Answer {
    client().ask(method, target, fields: fields, body: body)
  }

  /// Whether the server still answers, as every test of bad input asks at its end.
  func answers() -> Bool {
    ask("POST", "/", body: "echo 1").text == "1\n"
  }
}

/// Resident memory of this process.
func residentBytes() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return 0 }
  defer { fclose(file) }
  var bytes = [CChar](repeating: 0, count: 128)
  guard fgets(&bytes, 128, file) != nil else { return 0 }
  let text = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
  return pages * 4096
}
