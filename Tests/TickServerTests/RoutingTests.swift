import Testing

@Suite struct RoutingTests {
  @Test(
    "health checks answer Ok with a newline",
    arguments: [("GET", "/"), ("GET", "/ping"), ("HEAD", "/ping"), ("GET", "/replicas_status")])
  func health(method: String, target: String) throws {
    let answer = try Harness().ask(method, target)
    #expect(answer.status == 200)
    #expect(answer.text == (method == "HEAD" ? "" : "Ok.\n"))
    #expect(answer["Content-Length"] == "4")
    #expect(answer["Content-Type"] == "text/html; charset=UTF-8")
    #expect(answer["Server"] == "Tickbase/9.8.7")
  }

  @Test("ping needs no credentials and ignores wrong ones")
  func pingIgnoresCredentials() throws {
    let answer = try Harness().ask("GET", "/ping", fields: ["X-ClickHouse-User: nobody"])
    #expect(answer.text == "Ok.\n")
  }

  @Test(
    "a path that is not ours is 404 with hints, and the connection lives on",
    arguments: ["/nothing", "/pings", "/play", "/metric", "/query/x"])
  func unknownPath(target: String) throws {
    let harness = try Harness()
    let client = harness.client()
    let answer = client.ask("GET", target)
    #expect(answer.status == 404)
    #expect(answer.text.hasPrefix("There is no handle \(target)"))
    #expect(answer.text.contains("Maybe you meant /ping.") == target.contains("ping"))
    #expect(answer.text.contains("GET /?query="))
    #expect(client.ask("GET", "/ping").text == "Ok.\n")
  }

  @Test(
    "methods other than GET, HEAD, POST, OPTIONS find no handle",
    arguments: ["PUT", "DELETE", "PATCH"])
  func otherMethods(method: String) throws {
    let harness = try Harness()
    let client = harness.client()
    #expect(client.ask(method, "/?query=echo", body: "x").status == 404)
    #expect(client.ask("GET", "/ping").text == "Ok.\n")
  }

  @Test("CONNECT and OPTIONS * find no handle either")
  func otherTargets() throws {
    let harness = try Harness()
    #expect(harness.ask("CONNECT", "localhost:443").status == 404)
    #expect(harness.ask("OPTIONS", "*").status == 404)
    #expect(harness.answers())
  }

  @Test("OPTIONS is answered without a body and without any permission for other origins")
  func options() throws {
    let answer = try Harness().ask(
      "OPTIONS", "/?query=echo",
      fields: ["Origin: http://evil.test", "Access-Control-Request-Method: POST"])
    #expect(answer.status == 204)
    #expect(answer["Content-Length"] == nil)
    #expect(answer["Transfer-Encoding"] == nil)
    #expect(!answer.fields.contains { $0.name.lowercased().hasPrefix("access-control") })
  }

  @Test("the query handler answers at /, /?query= and /query")
  func queryPaths() throws {
    let harness = try Harness()
    #expect(harness.ask("GET", "/?query=echo%20a+b").text == "a b\n")
    #expect(harness.ask("GET", "/query?query=echo+c").text == "c\n")
    #expect(harness.ask("POST", "/", body: "echo d").text == "d\n")
    #expect(harness.ask("POST", "/?database=x", body: "echo e").text == "e\n")
    #expect(harness.ask("GET", "http://localhost/?query=echo+f").text == "f\n")
  }

  @Test(
    "a host name that is not ours is misdirected, whatever the path",
    arguments: [
      "evil.test", "evil.test:8123", "127.0.0.1.evil.test", "localhost.evil.test", "127.0.0.999",
      "[::2]", "localhost:80:80", "localhost@evil.test", "0.0.0.0", "127.1",
    ])
  func foreignHost(host: String) throws {
    let harness = try Harness()
    for target in ["/ping", "/?query=echo+1", "/nothing", "*"] {
      let client = harness.client()
      client.send("OPTIONS \(target) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
      let answer = client.answer()
      #expect(answer.status == 421)
      #expect(answer["Connection"] == "close")
    }
    #expect(harness.service.log.withLock { $0.requests.isEmpty })
  }

  @Test(
    "loopback names are ours, with any port and in any case",
    arguments: [
      "localhost", "LOCALHOST:1", "127.0.0.1:8123", "127.1.2.3", "[::1]:99", "localhost.",
    ])
  func ownHost(host: String) throws {
    let harness = try Harness()
    let client = harness.client()
    client.send("GET /ping HTTP/1.1\r\nHost: \(host)\r\n\r\n")
    #expect(client.answer().text == "Ok.\n")
  }

  @Test("an absolute target is judged by its own authority")
  func absoluteTarget() throws {
    let harness = try Harness()
    #expect(harness.ask("GET", "http://evil.test/ping").status == 421)
    #expect(harness.ask("GET", "http://evil.test?query=echo").status == 421)
    #expect(harness.ask("GET", "http://localhost:99/ping").status == 200)
  }

  @Test("one Host header is wanted, except from HTTP/1.0")
  func hostCount() throws {
    let harness = try Harness()
    let none = harness.client()
    none.send("GET /ping HTTP/1.1\r\n\r\n")
    #expect(none.answer().status == 400)
    let two = harness.client()
    two.send("GET /ping HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n")
    #expect(two.answer().status == 400)
    let old = harness.client()
    old.send("GET /ping HTTP/1.0\r\n\r\n")
    #expect(old.answer().status == 200)
  }

  @Test(
    "a page of another origin may not POST, and its reads get no permission to see the answer",
    arguments: [
      "Origin: http://evil.test", "Origin: null", "Origin: https://localhost",
      "Origin: http://localhost:3000", "Sec-Fetch-Site: cross-site",
    ])
  func foreignOrigin(field: String) throws {
    let harness = try Harness()
    #expect(harness.ask("POST", "/", fields: [field], body: "echo 1").status == 403)
    #expect(harness.service.log.withLock { $0.requests.isEmpty })
    let read = harness.ask("GET", "/?query=echo+1", fields: [field])
    #expect(read.text == "1\n")
    #expect(read["Access-Control-Allow-Origin"] == nil)
  }

  @Test("our own page may POST")
  func ownOrigin() throws {
    let answer = try Harness().ask(
      "POST", "/", fields: ["Origin: http://localhost", "Sec-Fetch-Site: same-origin"],
      body: "echo 1")
    #expect(answer.text == "1\n")
  }
}
