import Dispatch
import Glibc
import Testing

@testable import TickServer

@Suite struct ClientTests {
  /// What a statement brought, and how it ended.
  private func run(
    _ url: String, _ statement: String, format: String? = nil
  ) -> (output: String, error: ClientError?) {
    var output: [UInt8] = []
    do throws(ClientError) {
      try QueryClient(url: url).run(statement, format: format) { output += $0 }
      return (String(decoding: output, as: UTF8.self), nil)
    } catch {
      return (String(decoding: output, as: UTF8.self), error)
    }
  }

  @Test("a result comes whole, short or long")
  func results() throws {
    let harness = try Harness()
    let short = run(harness.server.url, "echo héllo")
    #expect(short.output == "héllo\n")
    #expect(short.error == nil)
    let long = run(harness.server.url + "/", "rows 30000 100")
    #expect(long.output.utf8.count == 3_000_000)
    #expect(long.error == nil)
    #expect(run(harness.server.url, "nothing").output == "")
  }

  @Test("the format is the default one of the statement, and the user of the URL asks")
  func formatAndUser() throws {
    let harness = try Harness()
    _ = run(harness.server.url, "echo 1", format: "JSON")
    #expect(harness.service.log.withLock { $0.requests.first?.defaultFormat } == "JSON")
    let port = harness.server.port
    #expect(run("http://default@localhost:\(port)", "echo 1").output == "1\n")
    guard case .refused(let text) = run("http://root:x@127.0.0.1:\(port)", "echo 1").error else {
      Issue.record("another user was let in")
      return
    }
    #expect(text.hasPrefix("Code: 516."))
  }

  @Test("an error is the server's text, early or late; rows before a late one are kept")
  func errors() throws {
    let harness = try Harness()
    let early = run(harness.server.url, "fail 60")
    let frame =
      "Code: 60. DB::Exception: asked to fail (UNKNOWN_TABLE) (version 26.9.2.1 (official build))\n"
    #expect(early.error == .refused(frame))
    for count in [65_600, 100_000, 1_000_000] {
      let late = run(harness.server.url, "fail 241 \(count)")
      #expect(late.output == String(repeating: "y", count: count))
      guard case .refused(let text) = late.error else {
        Issue.record("a late error went unnoticed")
        return
      }
      #expect(text.hasPrefix("Code: 241. ") && text.hasSuffix(")\n"))
    }
  }

  @Test(
    "a URL that names no server here is said so",
    arguments: [
      "", "localhost:8123", "https://localhost", "http://", "http://:1", "http://a b/",
      "http://h/?q",
    ])
  func badURLs(url: String) {
    guard case .badURL(let text) = run(url, "echo 1").error else {
      Issue.record("'\(url)' was taken")
      return
    }
    #expect(text.contains("http://HOST:PORT"))
  }

  @Test("nobody listening and a name without an address are told apart from failures")
  func cannotConnect() {
    for url in ["http://127.0.0.1:1", "http://nowhere.invalid:8123"] {
      guard case .cannotConnect(let text) = run(url, "echo 1").error else {
        Issue.record("\(url) was connected to")
        return
      }
      #expect(text.hasPrefix("cannot connect to "))
    }
  }

  @Test(
    "an answer that is not whole is an error",
    arguments: [
      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "HTTP/1.1 200 OK\r\nContent-Le", "",
      "220 smtp\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabc",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\nabc",
    ])
  func brokenAnswers(text: String) throws {
    let server = CannedServer(text)
    guard case .broken = run("http://127.0.0.1:\(server.port)", "echo 1").error else {
      Issue.record("a broken answer was taken")
      return
    }
    #expect(server.port > 0)
  }

  @Test("a whole answer from another server is read as HTTP says")
  func otherServers() {
    let interim = CannedServer(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\n"
    )
    #expect(run("http://127.0.0.1:\(interim.port)", "x").output == "abc")
    let old = CannedServer("HTTP/1.0 200 OK\r\n\r\nabc")
    #expect(run("http://127.0.0.1:\(old.port)", "x").output == "abc")
    let refusing = CannedServer("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
    let error = run("http://127.0.0.1:\(refusing.port)", "x").error
    #expect(error == .refused("the server at 127.0.0.1:\(refusing.port) answered with status 502"))
  }
}

/// Says one thing to its first client and closes.
final class CannedServer: Sendable {
  let port: Int

  init(_ text: String) {
    let listener = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length)
        listen(listener, 1)
        getsockname(listener, $0, &length)
      }
    }
    port = Int(UInt16(bigEndian: address.sin_port))
    let bytes = Array(text.utf8)
    DispatchQueue(label: "canned").async {
      let client = accept(listener, nil, nil)
      var request = [UInt8](repeating: 0, count: 4096)
      _ = recv(client, &request, request.count, 0)
      _ = Glibc.send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL))
      close(client)
      close(listener)
    }
  }
}
