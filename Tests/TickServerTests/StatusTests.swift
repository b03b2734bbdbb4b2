import Glibc
import TickEngine
import Testing

@testable import TickServer

/// What an operator's machines ask: figures and readiness.
@Suite struct StatusTests {
  @Test("readiness names what does not work, and asks the disk at most once a second")
  func readiness() throws {
    let harness = try Harness()
    let client = harness.client()
    #expect(client.ask("GET", "/readyz").text == "Ok.\n")
    #expect(client.ask("GET", "/readyz?verbose").text == "Ok.\nstore: ok\n")
    harness.service.faults.withLock { $0 = ["disk"] }
    #expect(client.ask("GET", "/readyz").status == 200)
    usleep(1_100_000)
    let answer = client.ask("GET", "/readyz")
    #expect(answer.status == 503)
    #expect(answer.text == "not ready\nstore: ok\ndisk: broken\n")
    #expect(client.ask("GET", "/healthz").text == "Ok.\n")
  }

  @Test("figures are text with escapes, and a request is counted by route and status")
  func figures() throws {
    let harness = try Harness()
    let client = harness.client()
    #expect(client.ask("GET", "/nothing").status == 404)
    #expect(client.ask("POST", "/", body: "echo 1").status == 200)
    let text = client.ask("GET", "/metrics").text
    #expect(
      text.contains("# HELP fake_total A \"line\"\\nand \\\\ more.\n# TYPE fake_total counter\n"))
    #expect(text.contains("fake_total{x=\"a\\\"b\\\\\\nc\"} 2\n"))
    #expect(text.contains("tickbase_http_requests_total{route=\"other\",code=\"404\"} 1\n"))
    #expect(text.contains("tickbase_http_requests_total{route=\"query\",code=\"200\"} 1\n"))
    #expect(text.contains("tickbase_build_info{version=\"9.8.7\"} 1\n"))
    #expect(text.contains("tickbase_http_connections 1\n"))
  }

  @Test("a statement that is killed is freed where it waits for its data, and its client is told")
  func cancelWhileReceiving() throws {
    let body = RequestBody(backlogMax: 1 << 20) {}
    let plan = QueryPlan(
      work: .page(.metrics), queryID: "q", framing: Framing(isHTTP11: true, isHeadOnly: false),
      exceptionTag: "tag", heldBytes: 0)
    let signature = ServerSignature(version: "1", dialectVersion: "2", displayName: "h")
    var limits = ServerLimits()
    limits.resultBacklogBytesMax = 10
    limits.resultChunkBytes = 4
    let service = FakeService()
    let response = ResponseStream(
      plan: plan, signature: signature, limits: limits, service: service
    ) { _ in }
    let exchange = Exchange(
      work: plan.work, service: service,
      sessions: SessionRegistry(sessionsMax: 1) { _ in "default" },
      pages: StatusPages(service: service, version: "1"), body: body, coding: BodyCoding(),
      response: response)
    // Nobody takes what is written: the second piece would wait for ever.
    try response.begin(ResultHead(format: "TSV", contentType: "text/plain"))
    try response.write(Array(repeating: 0x78, count: 16))
    exchange.cancel()
    #expect(exchange.isCancelled)
    #expect(throws: EngineError(.queryWasCancelled, "Query was cancelled")) {
      try response.write(Array(repeating: 0x78, count: 16))
    }
    #expect(throws: EngineError(.queryWasCancelled, "Query was cancelled")) { _ = try body.next() }
  }
}
