import Testing
import TickColumns
import TickEngine

@testable import TickServer

@Suite struct QueryTests {
  /// The one request that reached the service.
  private func request(
    _ method: String, _ target: String, fields: [String] = [], body: String? = nil
  ) throws -> QueryRequest {
    let harness = try Harness()
    let answer = harness.ask(method, target, fields: fields, body: body)
    #expect(answer.status == 200, "\(answer.text)")
    return try #require(harness.service.log.withLock { $0.requests.first })
  }

  @Test("the text is the URL's query, one newline, and the body")
  func text() throws {
    #expect(try request("POST", "/?query=echo", body: " 1").text == Array("echo\n 1".utf8))
    #expect(try request("POST", "/", body: "echo 1").text == Array("echo 1".utf8))
    #expect(try request("GET", "/?query=echo").text == Array("echo\n".utf8))
    #expect(try request("GET", "/?query=ec&x=1&query=ho").text == Array("echo\n".utf8))
    #expect(try request("POST", "/?query=", body: "echo a=b&c").text == Array("echo a=b&c".utf8))
    #expect(
      try request("GET", "/?query=echo%20%ff%00").text == Array("echo ".utf8) + [0xFF, 0, 10])
  }

  @Test("a body is bytes, whatever its type says, unless it is in parts")
  func contentType() throws {
    let form = ["Content-Type: application/x-www-form-urlencoded"]
    #expect(
      try request("POST", "/", fields: form, body: "echo %20+").text == Array("echo %20+".utf8))
  }

  @Test("GET and HEAD are read-only, POST is not")
  func readOnly() throws {
    #expect(try request("GET", "/?query=echo").isReadOnly)
    #expect(try request("HEAD", "/?query=echo").isReadOnly)
    #expect(try !request("POST", "/?query=echo", body: "").isReadOnly)
  }

  @Test("parameters and headers name database, format and id; headers stand above")
  func names() throws {
    let plain = try request("GET", "/?query=echo")
    #expect(plain.database == "default")
    #expect(plain.defaultFormat == "TabSeparated")
    #expect(plain.queryID.count == 36)
    let parameters = try request(
      "GET", "/?query=echo&database=d&default_format=JSON&query_id=q1")
    #expect(parameters.database == "d")
    #expect(parameters.defaultFormat == "JSON")
    #expect(parameters.queryID == "q1")
    let headers = try request(
      "GET", "/?query=echo&database=d&default_format=JSON&query_id=q1",
      fields: ["x-clickhouse-database: e", "X-ClickHouse-Format: CSV", "X-ClickHouse-Query-Id: q2"])
    #expect(headers.database == "e")
    #expect(headers.defaultFormat == "CSV")
    #expect(headers.queryID == "q2")
    #expect(try request("GET", "/?query=echo&query_id=").queryID.count == 36)
  }

  @Test("every other parameter is a setting, in order; a nameless one is skipped")
  func settings() throws {
    let settings = try request(
      "GET", "/?query=echo&max_threads=2&=x&&a%20b=%2B+c&readonly=0"
    ).settings
    #expect(settings.map(\.name) == ["max_threads", "a b", "readonly"])
    #expect(settings.map(\.value) == ["2", "+ c", "0"])
  }

  @Test("a role is refused by name, not ignored")
  func absent() throws {
    let harness = try Harness()
    let answer = harness.ask("GET", "/?query=echo&role=analyst")
    #expect(answer.status == 404)
    #expect(answer["X-ClickHouse-Exception-Code"] == "511")
    #expect(answer.text.contains("'analyst'"))
    #expect(harness.service.log.withLock { $0.requests.isEmpty })
  }

  @Test(
    "switched-off features may be named",
    arguments: ["compress=0", "decompress=0", "stacktrace=false", "quota_key=k"])
  func switchedOff(parameter: String) throws {
    #expect(try request("GET", "/?query=echo&" + parameter).settings.isEmpty)
  }

  @Test(
    "values that cannot be are refused",
    arguments: [
      "wait_end_of_query=2", "buffer_size=x", "buffer_size=-1", "buffer_size=99999999999",
      "query=%zz", "a=%4", "query_id=" + String(repeating: "i", count: 257),
    ])
  func badValues(parameter: String) throws {
    let answer = try Harness().ask("GET", "/?query=echo&" + parameter)
    #expect(answer.status == 400)
    #expect(answer["X-ClickHouse-Exception-Code"] == "36")
  }

  @Test(
    "codings that are not read are refused by name", arguments: ["br", "xz", "bz2", "snappy"])
  func encodings(coding: String) throws {
    let answer = try Harness().ask(
      "POST", "/", fields: ["Content-Encoding: \(coding)"], body: "x")
    #expect(answer.status == 501)
    #expect(answer["X-ClickHouse-Exception-Code"] == "48")
    #expect(answer.text.contains("'\(coding)'"))
  }

  @Test("a body that does not unpack is an error", arguments: ["gzip", "deflate", "zstd", "lz4"])
  func damagedBody(coding: String) throws {
    let answer = try Harness().ask(
      "POST", "/", fields: ["Content-Encoding: \(coding)"], body: "this is not packed at all")
    #expect(answer["X-ClickHouse-Exception-Code"] == "271")
  }

  @Test("unknown encodings and bodies in parts are refused, identity is not")
  func otherEncodings() throws {
    let harness = try Harness()
    let unknown = harness.ask("POST", "/", fields: ["Content-Encoding: rot13"], body: "x")
    #expect(unknown.status == 415)
    #expect(unknown["X-ClickHouse-Exception-Code"] == "779")
    let parts = harness.ask(
      "POST", "/", fields: ["Content-Type: multipart/form-data; boundary=b"], body: "x")
    #expect(parts.status == 501)
    #expect(parts.text.contains("multipart/form-data"))
    let identity = harness.ask(
      "POST", "/", fields: ["Content-Encoding: identity"], body: "echo 1")
    #expect(identity.text == "1\n")
  }

  @Test(
    "an answer is packed as the client accepts it, unless it says otherwise",
    arguments: [
      ("", "gzip, zstd", "zstd"), ("&enable_http_compression=0", "gzip, zstd", nil),
      ("", "identity", nil), ("", "gzip;q=0.5", "gzip"), ("", "br, x", nil), ("", "lz4", "lz4"),
    ] as [(String, String, String?)])
  func packedAnswer(_ parameters: String, _ accepted: String, _ coding: String?) throws {
    let answer = try Harness().ask(
      "GET", "/?query=echo+1" + parameters, fields: ["Accept-Encoding: \(accepted)"])
    #expect(answer["Content-Encoding"] == coding)
    if coding == nil { #expect(answer.text == "1\n") } else { #expect(answer.body.count > 2) }
  }

  @Test(
    "the head of a streamed result says what was read until it was sent, and nothing of the result")
  func streamedSummary() throws {
    let harness = try Harness()
    let answer = harness.ask("POST", "/", body: "rows 500 1000")
    #expect(answer.isWhole && answer.body.count == 500_000)
    // 64 KiB are held back: the row that exceeds them is number 66.
    let summary =
      #"{"read_rows":"66","read_bytes":"66000","written_rows":"0","written_bytes":"0","#
      + #""total_rows_to_read":"0","result_rows":"0","result_bytes":"0","elapsed_ns":"0","memory_usage":"0"}"#
    #expect(answer["X-ClickHouse-Summary"] == summary)
  }

  @Test("the headers of a short result are those of ClickHouse, with true figures")
  func headers() throws {
    let harness = try Harness()
    let answer = harness.ask("GET", "/?query=echo+hello&query_id=abc")
    #expect(answer.status == 200)
    #expect(answer["Content-Type"] == "text/tab-separated-values; charset=UTF-8")
    #expect(answer["X-ClickHouse-Query-Id"] == "abc")
    #expect(answer["X-ClickHouse-Format"] == "TabSeparated")
    #expect(answer["X-ClickHouse-Timezone"] == "UTC")
    #expect(answer["X-ClickHouse-Server-Display-Name"]?.isEmpty == false)
    let tag = answer["X-ClickHouse-Exception-Tag"] ?? ""
    #expect(tag.utf8.count == 16)
    #expect(tag.utf8.allSatisfy { $0 >= 97 && $0 <= 122 })
    let summary =
      #"{"read_rows":"0","read_bytes":"0","written_rows":"0","written_bytes":"0","#
      + #""total_rows_to_read":"0","result_rows":"1","result_bytes":"6","elapsed_ns":"0","memory_usage":"0"}"#
    #expect(answer["X-ClickHouse-Summary"] == summary)
    #expect(answer["Content-Length"] == "6")
    #expect(answer["X-ClickHouse-Exception-Code"] == nil)
    #expect(answer["Server"] == "Tickbase/9.8.7")
    #expect(answer["Date"]?.hasSuffix(" GMT") == true)
    #expect(harness.ask("GET", "/?query=echo")["X-ClickHouse-Exception-Tag"] != tag)
  }

  @Test("a statement without a result has no format header and an empty body")
  func noResult() throws {
    let answer = try Harness().ask("POST", "/", body: "nothing")
    #expect(answer.status == 200)
    #expect(answer["X-ClickHouse-Format"] == nil)
    #expect(answer["Content-Length"] == "0")
    #expect(answer["Content-Type"] == "text/plain; charset=UTF-8")
  }

  @Test("a query id cannot start a header line of its own")
  func headerInjection() throws {
    let answer = try Harness().ask("GET", "/?query=echo+1&query_id=a%0D%0AX-Evil:+1")
    #expect(answer["X-Evil"] == nil)
    #expect(answer["X-ClickHouse-Query-Id"] == "aX-Evil: 1")
  }

  @Test("HEAD gives the head of GET and no body")
  func head() throws {
    let harness = try Harness()
    let client = harness.client()
    let short = client.ask("HEAD", "/?query=echo+hello")
    #expect(short.status == 200)
    #expect(short["Content-Length"] == "6")
    let long = client.ask("HEAD", "/?query=rows+100000+1000")
    #expect(long.status == 200)
    #expect(long["Transfer-Encoding"] == "chunked")
    let failed = client.ask("HEAD", "/?query=fail+60")
    #expect(failed.status == 404)
    #expect(failed["X-ClickHouse-Exception-Code"] == "60")
    #expect(client.ask("GET", "/ping").text == "Ok.\n")
    // The long one stopped when its head was known.
    #expect(harness.service.log.withLock { $0.bytesWritten } < 1_000_000)
  }

  // MARK: Credentials

  @Test(
    "the default user with an empty password comes in by every way",
    arguments: [
      [], ["X-ClickHouse-User: default"], ["X-ClickHouse-User: default", "X-ClickHouse-Key:"],
      ["Authorization: Basic ZGVmYXVsdDo="], ["Authorization: basic ZGVmYXVsdA"],
      ["Authorization: Basic ZGVmYXVsdDo=", "X-ClickHouse-User: default"],
      ["X-ClickHouse-SSL-Certificate-Auth: off"],
    ])
  func welcome(fields: [String]) throws {
    let harness = try Harness()
    #expect(harness.ask("GET", "/?query=echo+1", fields: fields).text == "1\n")
    let both = harness.ask("GET", "/?query=echo+1&user=default&password=", fields: fields)
    #expect(both.text == "1\n")
  }

  @Test(
    "anybody else is refused with 516 and learns no version",
    arguments: [
      ["X-ClickHouse-User: root"], ["X-ClickHouse-User:"], ["X-ClickHouse-Key: secret"],
      ["Authorization: Basic cm9vdDpzZWNyZXQ="], ["Authorization: Basic !!!"],
      ["Authorization: Bearer e30.e30."],
      ["Authorization: Basic ZGVmYXVsdDo=", "X-ClickHouse-User: root"],
      ["X-ClickHouse-SSL-Certificate-Auth: on"],
    ])
  func refused(fields: [String]) throws {
    let harness = try Harness()
    let answer = harness.ask("GET", "/?query=echo+1", fields: fields)
    #expect(answer.status == 403)
    #expect(answer["X-ClickHouse-Exception-Code"] == "516")
    #expect(answer.text.hasPrefix("Code: 516. DB::Exception: "))
    #expect(answer.text.hasSuffix("(AUTHENTICATION_FAILED)\n"))
    #expect(harness.service.log.withLock { $0.requests.isEmpty })
  }

  @Test("wrong credentials in the URL are refused as well")
  func refusedParameters() throws {
    let answer = try Harness().ask("GET", "/?query=echo+1&user=root")
    #expect(answer["X-ClickHouse-Exception-Code"] == "516")
  }

  // MARK: Values

  @Test("Base64 is read as it is written")
  func base64() {
    for length in 0..<70 {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ length) }
      #expect(base64Decoded(Substring(base64Encoded(bytes))) == bytes)
    }
    #expect(base64Decoded("A") == nil)
    #expect(base64Decoded("AA-A") == nil)
  }

  @Test("targets fall into authority, path and query")
  func targets() throws {
    let plain = try #require(RequestTarget("/a?b=c?d"))
    #expect(plain.path == "/a" && plain.query == "b=c?d" && plain.authority == nil)
    let absolute = try #require(RequestTarget("http://h:1?q"))
    #expect(absolute.authority == "h:1" && absolute.path == "/" && absolute.query == "q")
    #expect(RequestTarget("*") == nil)
    #expect(RequestTarget("host:443") == nil)
    #expect(RequestTarget("?x")?.path == "/")
  }
}
