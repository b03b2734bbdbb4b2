import Glibc
import Testing

@testable import TickServer

@Suite struct FlowTests {
  // MARK: Many requests, one connection

  @Test("requests on one connection are answered in order, however they arrive")
  func pipelining() throws {
    let harness = try Harness()
    let client = harness.client()
    var all = ""
    for number in 0..<50 {
      // Later ones are quicker, so that order is not luck.
      let text = number % 5 == 0 ? "sleep \((50 - number) * 200)" : "echo \(number)"
      all +=
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"
      if number % 7 == 0 { all += "GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n" }
    }
    client.send(all)
    for number in 0..<50 {
      #expect(client.answer().text == (number % 5 == 0 ? "slept\n" : "\(number)\n"))
      if number % 7 == 0 { #expect(client.answer().text == "Ok.\n") }
    }
  }

  @Test("a request sent byte by byte is the same request")
  func byteByByte() throws {
    let harness = try Harness()
    let client = harness.client()
    for byte in Array("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\necho 1".utf8)
    {
      client.send([byte])
      usleep(500)
    }
    #expect(client.answer().text == "1\n")
  }

  @Test("Connection: close is kept, and so is keep-alive of HTTP/1.0")
  func keepAlive() throws {
    let harness = try Harness()
    let closing = harness.client()
    let last = closing.ask("GET", "/?query=echo+1", fields: ["Connection: close"])
    #expect(last["Connection"] == "close")
    #expect(closing.isClosedByServer())

    let old = harness.client()
    old.send("GET /?query=echo+1 HTTP/1.0\r\n\r\n")
    let answer = old.answer()
    #expect(answer.version == "HTTP/1.0")
    #expect(answer.text == "1\n")
    #expect(old.isClosedByServer())

    let oldKeeping = harness.client()
    for _ in 0..<2 {
      oldKeeping.send("GET /?query=echo+1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
      #expect(oldKeeping.answer()["Connection"] == "keep-alive")
    }
    oldKeeping.send("GET /?query=rows+1000+1000 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    let streamed = oldKeeping.answer()
    #expect(streamed["Connection"] == "close")
    #expect(streamed["Transfer-Encoding"] == nil)
    #expect(streamed.body.count == 1_000_000)
  }

  @Test("a request that offers another protocol is answered in this one, and the connection ends")
  func upgrade() throws {
    let harness = try Harness()
    for body in [nil, "echo 2"] as [String?] {
      let client = harness.client()
      let answer = client.ask(
        body == nil ? "GET" : "POST", body == nil ? "/?query=echo+2" : "/",
        fields: [
          "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAA",
        ],
        body: body)
      #expect(answer.text == "2\n")
      #expect(answer["Connection"] == "close")
      #expect(client.isClosedByServer())
    }
  }

  @Test("Expect: 100-continue is answered before the body, and not when the request is refused")
  func expectContinue() throws {
    let harness = try Harness()
    let client = harness.client()
    client.send(
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n")
    #expect(client.answer().status == 100)
    client.send("echo 1")
    #expect(client.answer().text == "1\n")
    client.send(
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\nExpect: 100-continue\r\nContent-Encoding: br\r\n\r\n"
    )
    let refused = client.answer()
    #expect(refused.status == 501)
    #expect(refused["Connection"] == "close")
  }

  @Test("a slow statement holds up no other connection")
  func independence() throws {
    let harness = try Harness()
    let slow = harness.client()
    slow.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nwait")
    #expect(harness.service.waits { $0.requests.count == 1 })
    #expect(harness.answers())
  }

  // MARK: Bodies

  @Test("a large body arrives whole and in order, counted or chunked", arguments: [false, true])
  func largeBody(isChunked: Bool) throws {
    let harness = try Harness()
    var random = SeededBytes(state: 42)
    let block = (0..<65_536).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    let client = harness.client()
    let blockCount = 320
    var head = "POST /?query=insert HTTP/1.1\r\nHost: localhost\r\n"
    head += isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(blockCount * block.count)"
    client.send(head + "\r\n\r\n")
    var sum = checksum(0, Array("insert\n".utf8))
    for index in 0..<blockCount {
      sum = checksum(sum, block)
      if isChunked {
        // Pieces of many sizes, some of one byte.
        let cut = (index * 7919) % 65_535 + 1
        client.send("\(String(cut, radix: 16));name=value\r\n")
        client.send(Array(block[..<cut]) + [13, 10])
        if cut < block.count {
          client.send("\(String(block.count - cut, radix: 16))\r\n")
          client.send(Array(block[cut...]) + [13, 10])
        }
      } else {
        client.send(block)
      }
    }
    if isChunked { client.send("0\r\nTrailer: x\r\n\r\n") }
    #expect(client.answer().text == "\(7 + blockCount * block.count) \(sum)\n")
    #expect(client.ask("GET", "/ping").status == 200)
  }

  @Test("the statement lies whole in the text, and data beyond it in the input")
  func statementText() throws {
    let harness = try Harness { $0.statementBytesMax = 1000 }
    let body = "insert " + String(repeating: "d", count: 100_000)
    let answer = harness.ask("POST", "/", body: body)
    #expect(answer.text == "100007 \(checksum(0, body.utf8))\n")
    let request = try #require(harness.service.log.withLock { $0.requests.first })
    #expect(request.text.count > 1000)
    #expect(request.text.count < 100_007)
    #expect(harness.service.log.withLock { $0.bytesRead } == 100_007 - request.text.count)
  }

  @Test("100 MB of query text are refused early, in bounded memory, to a client that sends it all")
  func hugeText() throws {
    let harness = try Harness()
    let before = residentBytes()
    let client = harness.client()
    let block = [UInt8](repeating: UInt8(ascii: "("), count: 1 << 20)
    client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(100 << 20)\r\n\r\n")
    for _ in 0..<100 { #expect(client.send(block)) }
    let answer = client.answer()
    #expect(answer.status == 400)
    #expect(answer["X-ClickHouse-Exception-Code"] == "62")
    #expect(answer["Connection"] == "close")
    #expect(residentBytes() - before < 64 << 20)
    #expect(harness.answers())
  }

  @Test("a slow worker stops the sender; nothing is lost when it goes on")
  func slowWorker() throws {
    let harness = try Harness()
    harness.service.gateIsOpen.store(false, ordering: .relaxed)
    let client = harness.client()
    let block = [UInt8](repeating: 7, count: 1 << 16)
    client.send(
      "POST /?query=gated HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
    var chunk = Array("10000\r\n".utf8)
    chunk += block + [13, 10]
    // Counted in whole chunks so that the body stays well-formed.
    let sent = client.sendUntilBlocked(chunk, upTo: 200 << 20)
    #expect(sent < 32 << 20)
    harness.service.gateIsOpen.store(true, ordering: .relaxed)
    let rest = sent % chunk.count
    if rest > 0 { client.send(Array(chunk[rest...])) }
    client.send("0\r\n\r\n")
    let blocks = (sent + chunk.count - 1) / chunk.count
    #expect(client.answer().text.hasPrefix("\(6 + blocks * block.count) "))
  }

  @Test("a refused body is read away: small ones keep the connection, large ones end it")
  func refusedBodies() throws {
    let harness = try Harness()
    let client = harness.client()
    let small = client.ask("POST", "/?role=r", body: String(repeating: "x", count: 100_000))
    #expect(small.status == 404)
    #expect(small["Connection"] == "keep-alive")
    let large = client.ask("POST", "/?role=r", body: String(repeating: "x", count: 20 << 20))
    #expect(large.status == 404)
    #expect(large["Connection"] == "close")
    #expect(client.isClosedByServer())
  }

  @Test("a body that stops coming is 408 with 209, and frees its worker")
  func stalledBody() throws {
    let harness = try Harness {
      $0.receiveTimeout = .milliseconds(200)
      $0.statementBytesMax = 1000
    }
    for sent in [10, 5000] {
      let client = harness.client()
      client.send(
        "POST /?query=insert HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"
          + String(repeating: "d", count: sent))
      let answer = client.answer()
      #expect(answer.status == 408)
      #expect(answer["X-ClickHouse-Exception-Code"] == "209")
      #expect(client.isClosedByServer())
    }
    #expect(harness.service.log.withLock { $0.requests.count } == 1)
    #expect(harness.service.waits { $0.errors.count == 1 })
  }

  @Test(
    "a body that drips is given up, before and after its worker has begun", arguments: [10, 5000])
  func drippingBody(sent: Int) throws {
    let harness = try Harness {
      $0.receiveTimeout = .milliseconds(500)
      $0.bodyRateMin = 1000
      $0.statementBytesMax = 1000
    }
    let client = harness.client()
    client.send(
      "POST /?query=insert HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"
        + String(repeating: "d", count: sent))
    // A fifth of the rate.
    for _ in 0..<40 {
      client.send("0123456789")
      usleep(50_000)
    }
    let answer = client.answer()
    #expect(answer.status == 408)
    #expect(answer.text.contains("it must bring 1000 bytes a second"))
    #expect(harness.service.log.withLock { $0.requests.count } == (sent > 1000 ? 1 : 0))
    #expect(harness.answers())
  }

  @Test("a body that keeps up with the rate may come for longer than it may pause")
  func slowBody() throws {
    let harness = try Harness {
      $0.receiveTimeout = .milliseconds(600)
      $0.bodyRateMin = 1000
      $0.statementBytesMax = 1000
    }
    let client = harness.client()
    client.send(
      "POST /?query=insert HTTP/1.1\r\nHost: localhost\r\nContent-Length: 22000\r\n\r\n"
        + String(repeating: "d", count: 2000))
    for _ in 0..<20 {
      client.send(String(repeating: "d", count: 1000))
      usleep(100_000)
    }
    let answer = client.answer()
    #expect(answer.status == 200)
    #expect(answer.text.hasPrefix("22007 "))
  }

  @Test("unfinished bodies hold as many workers as they may; the next wait, and take over in order")
  func bodyPlaces() throws {
    let harness = try Harness {
      $0.bodyThreadsMax = 2
      $0.statementBytesMax = 1000
    }
    let head =
      "POST /?query=insert HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n"
      + String(repeating: "d", count: 4000)
    let rest = String(repeating: "d", count: 1000)
    let clients = (0..<5).map { _ in harness.client() }
    for (number, client) in clients.enumerated() {
      client.send(head)
      if number < 2 { #expect(harness.service.waits { $0.requests.count == number + 1 }) }
    }
    usleep(100_000)
    #expect(harness.service.log.withLock { $0.requests.count } == 2)
    // Bodies that are whole, and what has none, wait for nobody.
    #expect(harness.answers())
    // One place is given back by its end, one by a client that goes away, one by one that waits.
    clients[0].send(rest)
    #expect(clients[0].answer().text.hasPrefix("5007 "))
    #expect(harness.service.waits { $0.requests.count == 4 })
    clients[1].vanish(resets: true)
    #expect(harness.service.waits { $0.requests.count == 5 })
    clients[2].vanish(resets: true)
    #expect(harness.service.waits { $0.requests.count == 6 })
    for client in clients[3...] {
      client.send(rest)
      #expect(client.answer().text.hasPrefix("5007 "))
    }
    for _ in 0..<3 {
      #expect(harness.ask("POST", "/?query=insert", body: head).status == 200)
    }
  }

  @Test("a body that gets no place in time is 503 with 202")
  func noPlace() throws {
    let harness = try Harness {
      $0.bodyThreadsMax = 1
      $0.placeTimeout = .milliseconds(200)
      $0.statementBytesMax = 1000
    }
    let head =
      "POST /?query=insert HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n"
      + String(repeating: "d", count: 4000)
    let first = harness.client()
    first.send(head)
    #expect(harness.service.waits { $0.requests.count == 1 })
    let second = harness.client()
    second.send(head)
    let answer = second.answer()
    #expect(answer.status == 503)
    #expect(answer["X-ClickHouse-Exception-Code"] == "202")
    #expect(answer["Retry-After"] == "1")
    first.send(String(repeating: "d", count: 1000))
    #expect(first.answer().status == 200)
    #expect(harness.service.log.withLock { $0.requests.count } == 1)
  }

  // MARK: Results

  @Test("a large result is streamed whole in chunks")
  func largeResult() throws {
    let harness = try Harness()
    let client = harness.client()
    let answer = client.ask("POST", "/", body: "rows 200000 100")
    #expect(answer.status == 200)
    #expect(answer["Transfer-Encoding"] == "chunked")
    #expect(answer["X-ClickHouse-Summary"] != nil)
    #expect(answer.isWhole)
    #expect(answer.body.count == 20_000_000)
    #expect(client.ask("GET", "/ping").status == 200)
  }

  @Test("a slow reader stops the worker; nothing is lost when it goes on")
  func slowReader() throws {
    let harness = try Harness()
    let client = harness.client(receiveBufferBytes: 65_536)
    client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16\r\n\r\nrows 200000 1000")
    #expect(harness.service.waits { $0.bytesWritten > 1_000_000 })
    var last = -1
    for _ in 0..<100 {
      let now = harness.service.log.withLock { $0.bytesWritten }
      if now == last { break }
      last = now
      usleep(100_000)
    }
    // Kernel buffers, the backlog and one chunk: far from the 200 MB of the result.
    #expect(last < 32 << 20)
    let answer = client.answer()
    #expect(answer.isWhole)
    #expect(answer.body.count == 200_000_000)
  }

  @Test("where too many wait for their readers the next that is slow ends, and is told")
  func crowdOfReaders() throws {
    let harness = try Harness { $0.crowdedSendTimeout = .milliseconds(200) }
    harness.service.asideFree.store(1, ordering: .relaxed)
    let clients = (0..<2).map { _ in harness.client(receiveBufferBytes: 65_536) }
    for (number, client) in clients.enumerated() {
      client.send(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 15\r\n\r\nrows 20000 1000")
      #expect(
        harness.service.waits { log in
          log.requests.count == number + 1 && log.bytesWritten > (number + 1) * 1_000_000
        })
    }
    #expect(harness.service.waits { $0.errors.count == 1 })
    #expect(harness.service.log.withLock { $0.errors[0].code } == .tooManySimultaneousQueries)
    // The first one waits on and gets all.
    let whole = clients.map { $0.answer() }.filter(\.isWhole)
    #expect(whole.map(\.body.count) == [20_000_000])
    #expect(harness.answers())
  }

  @Test("a reader that takes nothing at all is given up")
  func stalledReader() throws {
    let harness = try Harness { $0.sendTimeout = .milliseconds(300) }
    let client = harness.client(receiveBufferBytes: 65_536)
    client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16\r\n\r\nrows 200000 1000")
    #expect(harness.service.waits { $0.cancelled == 1 })
    #expect(harness.answers())
  }

  // MARK: Progress

  @Test(
    "progress is told in the head until the result begins",
    arguments: ["echo 1", "rows 2000 1000", "fail 47"])
  func progress(statement: String) throws {
    let harness = try Harness()
    let client = harness.client()
    for _ in 0..<2 {
      client.send(
        "GET /?query=told+50+\(statement.replacing(" ", with: "+")) HTTP/1.1\r\nHost: localhost\r\n\r\n"
      )
      let answer = client.answer()
      // The first line is out when the error comes.
      #expect(answer.status == 200)
      #expect(answer["X-ClickHouse-Exception-Code"] == (statement == "fail 47" ? "47" : nil))
      #expect(answer.isWhole)
      let lines = answer.fields.filter { $0.name.lowercased() == "x-clickhouse-progress" }
      #expect((4...10).contains(lines.count))
      #expect(lines.allSatisfy { $0.value == "{\"read_rows\":\"17\",\"elapsed_ns\":\"5\"}" })
      #expect(answer.fields.filter { $0.name == "Date" }.count == 1)
      switch statement {
      case "echo 1": #expect(answer.text == "1\n")
      case "fail 47": #expect(answer.text.hasPrefix("Code: 47. DB::Exception: asked to fail"))
      default: #expect(answer.body.count == 2_000_000)
      }
    }
  }

  @Test("a statement that is done before the first interval is answered as without")
  func progressOfQuickOnes() throws {
    let harness = try Harness()
    let answer = harness.ask("GET", "/?query=told+600+fail+47")
    #expect(answer.status == 404)
    #expect(answer["X-ClickHouse-Progress"] == nil)
    #expect(harness.ask("GET", "/?query=told+\(Int.max)+echo+1").text == "1\n")
  }

  // MARK: Going away

  @Test("a client that goes away stops its statement wherever it is", arguments: [false, true])
  func disconnect(resets: Bool) throws {
    let harness = try Harness { $0.statementBytesMax = 1000 }
    let requests = [
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nwait",
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 18\r\n\r\nrows 100000000 100",
      "POST /?query=insert HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"
        + String(repeating: "d", count: 5000),
    ]
    for (index, request) in requests.enumerated() {
      let client = harness.client()
      client.send(request)
      #expect(harness.service.waits { $0.requests.count == index + 1 })
      usleep(50_000)
      client.vanish(resets: resets)
      #expect(harness.service.waits { $0.errors.count == index + 1 })
      #expect(harness.service.log.withLock { $0.cancelled } == index + 1)
    }
    #expect(harness.answers())
  }

  @Test("a client that goes away behind a full body backlog stops its statement")
  func disconnectWhileGated() throws {
    let harness = try Harness()
    harness.service.gateIsOpen.store(false, ordering: .relaxed)
    let client = harness.client()
    client.send(
      "POST /?query=gated HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n")
    _ = client.sendUntilBlocked([UInt8](repeating: 1, count: 1 << 16), upTo: 100 << 20)
    // A reset takes along what the server has not read, on a busy machine the head.
    #expect(harness.service.waits { $0.requests.count == 1 })
    // A plain close would wait behind the unsent bytes in the client's kernel, where no server can see it.
    client.vanish(resets: true)
    #expect(harness.service.waits { $0.cancelled == 1 })
  }
}
