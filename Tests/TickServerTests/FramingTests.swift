import Glibc
import Testing

@testable import TickServer

/// A small generator with a seed, so that a failure can be repeated.
struct SeededBytes: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}

@Suite struct FramingTests {
  @Test("bytes that are no HTTP are answered with 400 or nothing, and the next client is served")
  func garbage() throws {
    let harness = try Harness()
    for seed in UInt64(1)...60 {
      var random = SeededBytes(state: seed)
      let count = Int(random.next() % 3000) + 1
      var bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      if seed % 3 == 0 { bytes = Array("POST / HTTP/1.1\r\nHost: localhost\r\n".utf8) + bytes }
      let client = harness.client()
      client.send(bytes)
      client.closeWriting()
      let answer = String(decoding: client.readToEnd(), as: UTF8.self)
      #expect(
        answer.isEmpty || answer.hasPrefix("HTTP/1.1 400 ") || answer.hasPrefix("HTTP/1.1 431 "),
        "seed \(seed): \(answer.prefix(80))")
      #expect(client.isAtEnd, "seed \(seed)")
    }
    #expect(harness.service.log.withLock { $0.requests.isEmpty })
    #expect(harness.answers())
  }

  @Test(
    "other protocols on this port get 400",
    arguments: [
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}",
      "GET / HTTP/3.0\r\n\r\n", "GET /\r\n\r\n", "SSH-2.0-OpenSSH\r\n", "\r\n\r\n\r\n\u{0}",
      "GET / HTTP/1.1\r\nHost localhost\r\n\r\n",
    ])
  func otherProtocols(text: String) throws {
    let harness = try Harness()
    let client = harness.client()
    client.send(text)
    let answer = client.answer()
    #expect(answer.status == 400)
    #expect(answer["Connection"] == "close")
    #expect(client.isClosedByServer())
    #expect(harness.answers())
  }

  @Test("a request cut anywhere runs nothing")
  func truncated() throws {
    let harness = try Harness()
    let whole = Array(
      "POST /?query=insert HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        .utf8)
    for count in 0..<whole.count {
      let client = harness.client()
      client.send(Array(whole[..<count]))
      client.vanish()
    }
    #expect(harness.answers())
    #expect(harness.service.log.withLock { $0.finished } == 1)
  }

  @Test(
    "a message whose length can be read in two ways is refused, and nothing after it is a request",
    arguments: [
      "Content-Length: 6\r\nTransfer-Encoding: chunked",
      "Transfer-Encoding: chunked\r\nContent-Length: 6",
      "Content-Length: 6\r\nContent-Length: 5", "Content-Length: 6\r\nContent-Length: 6",
      "Content-Length: 6, 6", "Content-Length: +6", "Content-Length: -6", "Content-Length: 0x6",
      "Content-Length: 6 6", "Content-Length: 99999999999999999999", "Content-Length:",
      "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked, identity",
      "Transfer-Encoding: identity", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
      "Transfer-Encoding: xchunked", "Transfer-Encoding : chunked",
      "Transfer-Encoding:\u{B}chunked",
      "Content-Length : 6", "Content-Length: 6\r\n folded: x", "X: a\rContent-Length: 6",
      "X: a\u{0}b\r\nContent-Length: 6",
    ])
  func smuggling(fields: String) throws {
    let harness = try Harness()
    let client = harness.client()
    client.send(
      "POST /?query=insert HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n\r\n"
        + "0\r\n\r\nGET /?query=echo+smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n")
    let answer = client.answer()
    #expect(answer.status == 400)
    #expect(answer["Connection"] == "close")
    #expect(client.isClosedByServer())
    #expect(harness.service.log.withLock { $0.requests.isEmpty })
  }

  @Test("chunked bodies are for HTTP/1.1")
  func oldChunked() throws {
    let harness = try Harness()
    let client = harness.client()
    client.send("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n6\r\necho 1\r\n0\r\n\r\n")
    #expect(client.answer().status == 400)
  }

  @Test(
    "a body whose chunks are damaged fails its statement, and the connection ends",
    arguments: [
      "xyz\r\n", "-1\r\n", "FFFFFFFFFFFFFFFFFF\r\n", "3\r\nabcdef\r\n", "3\r\nabc0\r\n\r\n",
    ])
  func damagedChunks(chunk: String) throws {
    let harness = try Harness { $0.statementBytesMax = 10 }
    for start in ["", "20\r\n" + String(repeating: "d", count: 32) + "\r\n"] {
      let client = harness.client()
      client.send(
        "POST /?query=insert HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n\(start)"
      )
      if !start.isEmpty { #expect(harness.service.waits { !$0.requests.isEmpty }) }
      client.send(chunk)
      let answer = client.answer()
      #expect(answer.status == 400)
      #expect(answer["Connection"] == "close")
      #expect(client.isClosedByServer())
    }
    #expect(harness.service.log.withLock { $0.finished } == 0)
    #expect(harness.answers())
  }

  // MARK: Limits

  @Test("a URL of one mebibyte is taken, a longer one is refused")
  func longURL() throws {
    let harness = try Harness()
    let prefix = "/?query=echo+"
    let fits = prefix + String(repeating: "a", count: (1 << 20) - prefix.count)
    #expect(harness.ask("GET", fits).body.count == (1 << 20) - prefix.count + 1)
    let client = harness.client()
    client.send("GET \(fits)a HTTP/1.1\r\nHost: localhost\r\n\r\n")
    #expect(client.answer().status == 414)
    let longer = harness.client()
    longer.send("GET \(fits)\(fits) HTTP/1.1\r\nHost: localhost\r\n\r\n")
    #expect(longer.answer().status == 431)
    #expect(harness.answers())
  }

  @Test("header blocks have a size and a count")
  func headerLimits() throws {
    let harness = try Harness()
    let long = String(repeating: "v", count: 65_000)
    #expect(harness.ask("GET", "/ping", fields: ["X: \(long)"]).status == 200)
    #expect(harness.ask("GET", "/ping", fields: ["X: \(long)\(long)"]).status == 431)
    let many = (0..<99).map { "X-\($0): 1" }
    #expect(harness.ask("GET", "/ping", fields: many).status == 200)
    #expect(harness.ask("GET", "/ping", fields: many + ["Y: 1"]).status == 431)
    #expect(harness.answers())
  }

  @Test("a head without end is cut off at the limit")
  func endlessHead() throws {
    let harness = try Harness()
    let client = harness.client()
    client.send("GET /ping HTTP/1.1\r\nHost: localhost\r\n")
    let sent = client.sendUntilBlocked(
      Array("X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n".utf8), upTo: 64 << 20)
    #expect(sent < 16 << 20)
    #expect(client.answer().status == 431)
    #expect(harness.answers())
  }

  @Test("unfinished requests of a crowd are bounded together")
  func unsubmittedBytes() throws {
    let harness = try Harness { $0.unsubmittedBytesMax = 400_000 }
    let crowd = (0..<4).map { _ in harness.client() }
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n"
    var refused = 0
    for client in crowd { client.send(head + String(repeating: "e", count: 150_000)) }
    for client in crowd {
      client.send(String(repeating: "e", count: 50_000))
      if client.answer().status == 503 { refused += 1 }
    }
    #expect(refused > 0 && refused < 4)
    // What the crowd held is free again.
    #expect(
      harness.ask("POST", "/", body: "echo " + String(repeating: "f", count: 200_000)).status == 200
    )
  }

  @Test("a head that takes too long is 408, an idle connection is closed in silence")
  func slowHead() throws {
    let harness = try Harness {
      $0.headTimeout = .milliseconds(200)
      $0.idleTimeout = .milliseconds(300)
    }
    let slow = harness.client()
    slow.send("GET /pi")
    #expect(slow.answer().status == 408)
    let silent = harness.client()
    #expect(silent.isClosedByServer())
    let idle = harness.client()
    #expect(idle.ask("GET", "/ping").status == 200)
    #expect(idle.isClosedByServer())
    let between = harness.client()
    #expect(between.ask("GET", "/ping").status == 200)
    between.send("GET ")
    #expect(between.answer().status == 408)
  }

  @Test("only one expectation is met")
  func expectations() throws {
    let harness = try Harness()
    let answer = harness.ask("POST", "/", fields: ["Expect: the-unexpected"], body: "echo 1")
    #expect(answer.status == 417)
  }
}
