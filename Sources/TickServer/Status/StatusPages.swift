/// `/metrics` and `/readyz`: what an operator's machines ask.
///
/// Invariants:
/// 1. They are answered by a thread of their own: neither full request threads nor a slow disk stand in the way of the
///    other's answer, and no event loop waits.
/// 2. The disk is asked at most once a second, however many ask.
import Dispatch
import Glibc
import Synchronization
import TickEngine

/// A page that takes a moment to make.
enum StatusPage: Sendable, Hashable {
  case metrics
  case readiness(isVerbose: Bool)
}

final class StatusPages: Sendable {
  let counters = ServerCounters()
  private let service: any MonitoringService
  private let version: String
  private let queue = DispatchQueue(label: "tick-status")
  private let lastHealth = Mutex<(at: Int, components: [HealthComponent])?>(nil)

  init(service: any MonitoringService, version: String) {
    self.service = service
    self.version = version
  }

  func submit(_ body: @escaping @Sendable () -> Void) {
    queue.async { body() }
  }

  func make(_ page: StatusPage) -> Reply {
    switch page {
    case .metrics:
      let build = MetricFamily(
        "tickbase_build_info", .gauge, "1, with the version.", [.init(1, [("version", version)])])
      let families = [build] + counters.families + service.metrics() + ProcessFigures.families
      return Reply(
        status: .ok, fields: [("Content-Type", PrometheusText.contentType)],
        body: PrometheusText.of(families))
    case .readiness(let isVerbose):
      let components = health()
      let faults = components.filter { $0.fault != nil && $0.isNeeded }
      var text = faults.isEmpty ? "Ok.\n" : "not ready\n"
      if isVerbose || !faults.isEmpty {
        for component in components {
          text += "\(component.name): \(component.fault ?? "ok")\n"
        }
      }
      return Reply(
        status: faults.isEmpty ? .ok : .unavailable,
        fields: [("Content-Type", "text/plain; charset=UTF-8")], body: Array(text.utf8))
    }
  }

  private func health() -> [HealthComponent] {
    let now = Self.ticks()
    if let last = lastHealth.withLock({ $0 }), now - last.at < 1_000_000_000 {
      return last.components
    }
    let components = service.health()
    lastHealth.withLock { $0 = (now, components) }
    return components
  }

  /// Nanoseconds of a clock that never goes back.
  static func ticks() -> Int {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
  }
}
