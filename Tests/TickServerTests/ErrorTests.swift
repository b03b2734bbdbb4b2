import Testing
import TickColumns
import TickEngine

@testable import TickServer

@Suite struct ErrorTests {
  @Test(
    "an error before the first byte has its status, its code header and ClickHouse's frame",
    arguments: [
      (62, 400, "SYNTAX_ERROR"), (60, 404, "UNKNOWN_TABLE"), (47, 404, "UNKNOWN_IDENTIFIER"),
      (115, 404, "UNKNOWN_SETTING"), (48, 501, "NOT_IMPLEMENTED"), (164, 500, "READONLY"),
      (159, 408, "TIMEOUT_EXCEEDED"), (229, 413, "QUERY_IS_TOO_LARGE"),
      (241, 500, "MEMORY_LIMIT_EXCEEDED"), (516, 403, "AUTHENTICATION_FAILED"),
      (27, 400, "CANNOT_PARSE_INPUT_ASSERTION_FAILED"), (394, 500, "QUERY_WAS_CANCELLED"),
      (202, 503, "TOO_MANY_SIMULTANEOUS_QUERIES"),
    ])
  func statuses(code: Int, status: Int, name: String) throws {
    let harness = try Harness()
    let client = harness.client()
    let answer = client.ask("POST", "/?query_id=q", body: "fail \(code)")
    #expect(answer.status == status)
    #expect(answer["X-ClickHouse-Exception-Code"] == "\(code)")
    #expect(answer["X-ClickHouse-Query-Id"] == "q")
    #expect(answer["X-ClickHouse-Exception-Tag"]?.count == 16)
    #expect(answer["Content-Type"] == "text/plain; charset=UTF-8")
    let suffix = code == 516 ? "" : " (version 26.9.2.1 (official build))"
    #expect(answer.text == "Code: \(code). DB::Exception: asked to fail (\(name))\(suffix)\n")
    #expect(client.ask("GET", "/ping").status == 200)
  }

  @Test("an error in a short result replaces the result")
  func shortResult() throws {
    let answer = try Harness().ask("POST", "/", body: "fail 241 1000")
    #expect(answer.status == 500)
    #expect(answer.isWhole)
    #expect(answer.text.hasPrefix("Code: 241. "))
  }

  @Test("an error after the first bytes is the tagged block, and the message does not end")
  func lateError() throws {
    let harness = try Harness()
    let client = harness.client()
    let answer = client.ask("POST", "/", body: "fail 241 200000")
    #expect(answer.status == 200)
    #expect(!answer.isWhole)
    #expect(client.isAtEnd)
    let tag = try #require(answer["X-ClickHouse-Exception-Tag"])
    let message =
      "Code: 241. DB::Exception: asked to fail (MEMORY_LIMIT_EXCEEDED) (version 26.9.2.1 (official build))\n"
    let block =
      "\r\n__exception__\r\n\(tag)\r\n\(message)\(message.utf8.count) \(tag)\r\n__exception__\r\n"
    #expect(answer.text == String(repeating: "y", count: 200_000) + block)
  }

  @Test(
    "a long late message is cut between characters, and its length counts what is there",
    arguments: [20_000, 8_120, 8_121, 8_122, 8_123])
  func longLateError(length: Int) throws {
    let harness = try Harness()
    for rows in [100_000, 100_001] {
      let answer = harness.ask("POST", "/", body: "fail 241 \(rows) \(length)")
      let tag = try #require(answer["X-ClickHouse-Exception-Tag"])
      let opening = Array("\r\n__exception__\r\n\(tag)\r\n".utf8)
      #expect(answer.body[rows...].starts(with: opening))
      let block = Array(answer.body[rows...])
      #expect(block.count <= 16 << 10)
      let text = String(decoding: block, as: UTF8.self)
      #expect(!text.contains("\u{FFFD}"))
      let closing = Array(" \(tag)\r\n__exception__\r\n".utf8)
      #expect(block.suffix(closing.count).elementsEqual(closing))
      var digits = 0
      while let last = block.dropLast(closing.count + digits).last, last >= 48, last <= 57 {
        digits += 1
      }
      let count = block.count - opening.count - closing.count - digits
      let stated = String(decoding: block.dropLast(closing.count).suffix(digits), as: UTF8.self)
      #expect(stated == "\(count)")
      #expect(block[opening.count + count - 1] == 10)
    }
  }

  @Test("HTTP/1.0 gets the late block too, and then the end of the connection")
  func lateErrorOldClient() throws {
    let harness = try Harness()
    let client = harness.client()
    client.send("POST / HTTP/1.0\r\nContent-Length: 15\r\n\r\nfail 241 100000")
    let answer = client.answer()
    #expect(answer.version == "HTTP/1.0")
    #expect(answer["Transfer-Encoding"] == nil)
    #expect(answer.text.hasSuffix("\r\n__exception__\r\n"))
  }

  @Test("wait_end_of_query gives late errors a status, and names its bound to larger results")
  func waitEnd() throws {
    let harness = try Harness { $0.heldResultBytesMax = 1 << 20 }
    let failed = harness.ask("POST", "/?wait_end_of_query=1", body: "fail 241 200000")
    #expect(failed.status == 500)
    #expect(failed.isWhole)
    let fits = harness.ask("POST", "/?wait_end_of_query=1", body: "rows 1000 1000")
    #expect(fits.status == 200)
    #expect(fits["Content-Length"] == "1000000")
    #expect(fits["X-ClickHouse-Summary"]?.contains(#""result_rows":"1000""#) == true)
    let larger = harness.ask("POST", "/?wait_end_of_query=1", body: "rows 2000 1000")
    #expect(larger["X-ClickHouse-Exception-Code"] == "396")
    #expect(larger.text.contains("1048576"))
  }

  @Test("buffer_size says how much is held back")
  func bufferSize() throws {
    let harness = try Harness()
    #expect(harness.ask("POST", "/?buffer_size=300000", body: "fail 241 200000").status == 500)
    #expect(harness.ask("POST", "/?buffer_size=0", body: "fail 241 10").status == 200)
  }

  @Test("POST without a length is 411 with code 381", arguments: ["1.0", "1.1"])
  func noLength(version: String) throws {
    let harness = try Harness()
    let client = harness.client()
    client.send("POST /?query=echo+1 HTTP/\(version)\r\nHost: localhost\r\n\r\n")
    let answer = client.answer()
    #expect(answer.status == 411)
    #expect(answer["X-ClickHouse-Exception-Code"] == "381")
    #expect(harness.ask("POST", "/?query=echo+1", body: "").text == "1\n")
  }

  @Test("a full queue is 202 with a status that clients repeat")
  func fullQueue() throws {
    let harness = try Harness()
    let client = harness.client()
    harness.service.isFull.store(true, ordering: .relaxed)
    let answer = client.ask("POST", "/", body: "echo 1")
    #expect(answer.status == 503)
    #expect(answer["X-ClickHouse-Exception-Code"] == "202")
    #expect(answer["Retry-After"] == "1")
    harness.service.isFull.store(false, ordering: .relaxed)
    #expect(client.ask("POST", "/", body: "echo 1").text == "1\n")
  }
}
