/// What one HTTP endpoint has answered since it started. A request costs a few relaxed additions.
import Synchronization
import TickEngine
import TickStorage

final class ServerCounters: Sendable {
  /// What was asked for, by path; everything unknown is one route, so that nobody can make more of them.
  enum Route: String, CaseIterable, Sendable {
    case query, importing = "import", ping, replicas = "replicas_status", metrics, healthz, readyz
    case other

    init(path: Substring?) {
      switch path.map({ String($0) }) {
      case "/", "/query": self = .query
      case "/import": self = .importing
      case "/ping": self = .ping
      case "/metrics": self = .metrics
      case "/healthz": self = .healthz
      case "/readyz": self = .readyz
      case let path? where path.hasPrefix("/replicas_status"): self = .replicas
      default: self = .other
      }
    }

    fileprivate var place: Int { Self.allCases.firstIndex(of: self) ?? 0 }
  }

  /// The answers of one route by status; statuses beyond these are one.
  private struct Statuses: ~Copyable {
    static let known = [
      200, 204, 400, 401, 403, 404, 408, 411, 413, 414, 415, 417, 421, 431, 500, 501, 503,
    ]
    let counts = InlineArray<18, Atomic<Int>> { _ in Atomic(0) }
  }

  private let statuses = InlineArray<8, Statuses> { _ in Statuses() }
  let durations = Histogram()
  private let connections = Atomic(0)
  private let accepted = Atomic(0)
  private let received = Atomic(0)
  private let sent = Atomic(0)

  func answered(_ route: Route, status: Int, nanoseconds: Int) {
    let place = Statuses.known.firstIndex(of: status) ?? Statuses.known.count
    statuses[route.place].counts[place].wrappingAdd(1, ordering: .relaxed)
    durations.observe(nanoseconds: nanoseconds)
  }

  func opened() {
    accepted.wrappingAdd(1, ordering: .relaxed)
    connections.wrappingAdd(1, ordering: .relaxed)
  }

  func closed() { connections.wrappingSubtract(1, ordering: .relaxed) }
  func received(bytes: Int) { received.wrappingAdd(bytes, ordering: .relaxed) }
  func sent(bytes: Int) { sent.wrappingAdd(bytes, ordering: .relaxed) }

  var families: [MetricFamily] {
    var requests: [MetricFamily.Sample] = []
    for route in Route.allCases {
      for place in 0...Statuses.known.count {
        let count = statuses[route.place].counts[place].load(ordering: .relaxed)
        guard count > 0 else { continue }
        let code = place < Statuses.known.count ? String(Statuses.known[place]) : "other"
        requests.append(.init(Double(count), [("route", route.rawValue), ("code", code)]))
      }
    }
    return [
      MetricFamily(
        "tickbase_http_requests_total", .counter, "Requests that were answered.", requests),
      MetricFamily(
        "tickbase_http_request_duration_seconds",
        "Time from the head of a request to the end of its answer.", [([], durations.reading)]),
      MetricFamily(
        "tickbase_http_connections", .gauge, "Connections that are open.",
        connections.load(ordering: .relaxed)),
      MetricFamily(
        "tickbase_http_accepted_connections_total", .counter, "Connections that were accepted.",
        accepted.load(ordering: .relaxed)),
      MetricFamily(
        "tickbase_http_received_bytes_total", .counter, "Bytes of requests.",
        received.load(ordering: .relaxed)),
      MetricFamily(
        "tickbase_http_sent_bytes_total", .counter, "Bytes of answers.",
        sent.load(ordering: .relaxed)),
    ]
  }
}
