import TickEngine
import TickFormats
import Testing

@testable import TickServer

@Suite("Imports over HTTP") struct ImportTests {
  /// Sends pieces as one file and gives the events of the answer.
  private func send(
    _ harness: Harness, _ request: ImportRequest, _ pieces: [[UInt8]]
  ) throws(ClientError) -> [ImportEvent] {
    var rest = pieces[...]
    var events: [ImportEvent] = []
    try QueryClient(url: harness.server.url).importFile(request) { () throws(ClientError) in
      rest.popFirst() ?? []
    } event: { (event) throws(ClientError) in
      events.append(event)
    }
    return events
  }

  @Test("a file of any length arrives as it is, with what the client says about it")
  func arrives() throws {
    let harness = try Harness()
    let pieces = (0..<9).map { piece in
      (0..<400_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ piece) }
    }
    var request = ImportRequest(
      fileName: "a b&c=ü/%41.csv", options: ImportOptions(table: "d.t", symbol: "X+Y"))
    request.options.columns = "ts=\"a,b\":ms,price=2/100"
    request.options.interval = 60
    request.options.format = "TSV"
    request.options.date = "2013-10-07"
    request.options.timeZone = "America/New_York"
    request.options.maxErrors = .percent(0.5)
    request.isDryRun = true
    request.showsProgress = true
    let events = try send(harness, request, pieces)
    let sum = pieces.reduce(0) { checksum($0, $1) }
    guard events.count == 2, case .progress(let progress) = events[0],
      case .imported(let outcome) = events[1]
    else {
      Issue.record("\(events)")
      return
    }
    #expect(progress.bytesRead == 3_600_000)
    #expect(outcome.rows == sum)
    let seen = try #require(harness.service.log.withLock { $0.imports.first })
    #expect(seen.fileName == request.fileName && seen.showsProgress)
    #expect(seen.options.table == "d.t" && seen.options.symbol == "X+Y")
    #expect(seen.options.exchange == nil && seen.isDryRun)
    #expect(
      seen.options.parameters.map { "\($0.name)=\($0.value)" }
        == request.options.parameters.map { "\($0.name)=\($0.value)" })
    #expect(seen.options.parameters.count == 8)
    #expect(harness.answers())
  }

  @Test("events survive their text")
  func events() throws {
    var progress = ImportProgress()
    (progress.bytesRead, progress.bytesTotal, progress.rows, progress.rejectedRows) = (1, 2, 3, 4)
    var outcome = ImportOutcome()
    (outcome.rows, outcome.duplicateRows, outcome.rejectedRows) = (5, 6, 7)
    (outcome.wasKnown, outcome.oddRows, outcome.members) = (true, 8, 9)
    progress.dataTime = 1_723_161_255_342_000_001
    var odd = RejectedRow(line: 0, column: "price", reason: "odd")
    odd.isKept = true
    let written: [ImportEvent] = [
      .rejected(odd), .preview("a\n│ \"b\""),
      .reason(RejectReason(column: nil, reason: "'…'", count: 3, firstLine: 1, isKept: true)),
      .progress(progress), .rejected(RejectedRow(line: 8, column: nil, reason: "a\"\\\n\u{1}é")),
      .rejected(RejectedRow(line: 9, column: "price", reason: "")), .imported(outcome),
    ]
    let read = try ImportEvent.read(written.flatMap(\.line))
    #expect(read.map { "\($0)" } == written.map { "\($0)" })
  }

  @Test("a refusal before the end of the file stops the sender, and has its code")
  func refusedEarly() throws {
    let harness = try Harness()
    let request = ImportRequest(fileName: "f", options: ImportOptions(table: "absent"))
    let piece = [UInt8](repeating: 65, count: 1 << 20)
    let error = #expect(throws: ClientError.self) {
      try send(harness, request, Array(repeating: piece, count: 600))
    }
    guard case .refused(let text)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(text.hasPrefix("Code: 60."))
    #expect(harness.answers())
  }

  @Test("an error behind the first event is an error, and an answer without its end is none")
  func failsLate() throws {
    let harness = try Harness()
    var request = ImportRequest(fileName: "f", options: ImportOptions(table: "late"))
    for showsProgress in [true, false] {
      request.showsProgress = showsProgress
      let error = #expect(throws: ClientError.self) { try send(harness, request, [[1], [2]]) }
      guard case .refused(let text)? = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(text.hasPrefix("Code: 243.") && text.contains("disk full"))
    }
    #expect(harness.answers())
  }

  @Test("a sender that goes away in the middle has sent nothing")
  func goesAway() throws {
    let harness = try Harness()
    let error = #expect(throws: ClientError.self) {
      var count = 0
      try QueryClient(url: harness.server.url).importFile(
        ImportRequest(fileName: "f", options: ImportOptions())
      ) { () throws(ClientError) in
        count += 1
        if count == 4 {
          // The worker has begun to read.
          #expect(harness.service.waits { $0.bytesRead > 0 })
          throw .outputClosed
        }
        return [UInt8](repeating: 65, count: 300_000)
      } event: { _ in
      }
    }
    #expect(error == .outputClosed)
    #expect(harness.service.waits { $0.errors.count == 1 })
    #expect(harness.service.log.withLock { $0.finished } == 0)
    #expect(harness.answers())
  }

  @Test(
    "imports pass the checks of statements",
    arguments: [
      ("GET", "/import?file=f", [], 500, "164"),
      ("POST", "/import?file=f&nosuch=1", [], 400, "36"),
      ("POST", "/import?file=f&progress=maybe", [], 400, "36"),
      ("POST", "/import?file=f&interval=long", [], 400, "36"),
      ("POST", "/import?file=f&max_errors=-1", [], 400, "36"),
      ("POST", "/import?file=%zz", [], 400, "36"),
      ("POST", "/import?user=somebody", [], 403, "516"),
      ("POST", "/import?password=x", [], 403, "516"),
      ("POST", "/import", ["Content-Encoding: gzip"], 501, "48"),
      ("POST", "/import", ["Content-Type: multipart/form-data; boundary=x"], 501, "48"),
      ("POST", "/import", ["Sec-Fetch-Site: cross-site"], 403, nil),
      ("POST", "/import", ["Origin: http://elsewhere.example"], 403, nil),
      ("POST", "/import/x", [], 404, nil),
      ("DELETE", "/import", [], 404, nil),
    ] as [(String, String, [String], Int, String?)])
  func checks(
    _ method: String, _ target: String, _ fields: [String], _ status: Int, _ code: String?
  ) throws {
    let harness = try Harness()
    let answer = harness.ask(
      method, target, fields: fields, body: method == "GET" ? nil : "1,2,3\n")
    #expect(answer.status == status)
    #expect(answer["X-ClickHouse-Exception-Code"] == code)
    #expect(harness.service.log.withLock { $0.imports.isEmpty })
    #expect(harness.answers())
  }

  @Test("a foreign host name is refused, and a name that is too long")
  func hostAndName() throws {
    let harness = try Harness { $0.fileNameBytesMax = 10 }
    let client = harness.client()
    client.send("POST /import HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 1\r\n\r\nx")
    #expect(client.answer().status == 421)
    #expect(harness.ask("POST", "/import?file=12345678901", body: "x").status == 400)
    #expect(harness.ask("POST", "/import?file=1234567890", body: "x").status == 200)
  }

  @Test("requests follow an import on its connection, and a full queue is 503")
  func keepsAlive() throws {
    let harness = try Harness()
    let client = harness.client()
    for _ in 0..<3 {
      let answer = client.ask("POST", "/import?file=f", body: "abc")
      #expect(answer.status == 200 && answer.text.contains(#""event":"imported""#))
      #expect(answer["Content-Type"] == "application/x-ndjson; charset=UTF-8")
      #expect(client.ask("POST", "/", body: "echo 1").text == "1\n")
    }
    harness.service.isFull.store(true, ordering: .relaxed)
    let refused = harness.ask("POST", "/import?file=f", body: "abc")
    #expect(refused.status == 503 && refused["Retry-After"] == "1")
  }
}
