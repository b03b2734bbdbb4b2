/// Figures for a monitoring system, in the shape that Prometheus gives them: a name, what it means, and a value for each
/// set of labels.
package import TickStorage

public struct MetricFamily: Sendable {
  public enum Kind: String, Sendable { case counter, gauge, histogram }

  public struct Sample: Sendable {
    public var labels: [(name: String, value: String)]
    public var value: Double

    public init(_ value: Double, _ labels: [(name: String, value: String)] = []) {
      self.value = value
      self.labels = labels
    }
  }

  public var name: String
  public var help: String
  public var kind: Kind
  public var samples: [Sample] = []
  /// Of a histogram, instead of samples.
  package var readings: [(labels: [(name: String, value: String)], Histogram.Reading)] = []

  public init(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
    self.name = name
    self.kind = kind
    self.help = help
    self.samples = samples
  }

  public init(_ name: String, _ kind: Kind, _ help: String, _ value: Int) {
    self.init(name, kind, help, [Sample(Double(value))])
  }

  package init(
    _ name: String, _ help: String,
    _ readings: [(labels: [(name: String, value: String)], Histogram.Reading)]
  ) {
    self.init(name, .histogram, help, [])
    self.readings = readings
  }
}

/// One part of the engine, and whether it works.
public struct HealthComponent: Sendable, Hashable {
  public var name: String
  /// Why it does not; nil while it does.
  public var fault: String?
  /// False where statements are answered all the same.
  public var isNeeded: Bool

  public init(_ name: String, fault: String?, isNeeded: Bool = true) {
    self.name = name
    self.fault = fault
    self.isNeeded = isNeeded
  }
}

/// What those who watch a database ask of it. May take milliseconds: never from an event loop.
public protocol MonitoringService: Sendable {
  func metrics() -> [MetricFamily]
  func health() -> [HealthComponent]
}
