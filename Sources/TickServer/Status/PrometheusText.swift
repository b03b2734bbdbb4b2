/// Metric families as the text that Prometheus reads (version 0.0.4).
import TickEngine
import TickStorage

enum PrometheusText {
  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  static func of(_ families: [MetricFamily]) -> [UInt8] {
    var out = ""
    for family in families {
      out += "# HELP \(family.name) \(escaped(family.help, quotes: false))\n"
      out += "# TYPE \(family.name) \(family.kind.rawValue)\n"
      for sample in family.samples {
        out += "\(family.name)\(labels(sample.labels)) \(number(sample.value))\n"
      }
      for (names, reading) in family.readings {
        for (bound, count) in zip(Histogram.bounds, reading.cumulative) {
          out += "\(family.name)_bucket\(labels(names + [("le", number(bound))])) \(count)\n"
        }
        out += "\(family.name)_bucket\(labels(names + [("le", "+Inf")])) \(reading.count)\n"
        out += "\(family.name)_sum\(labels(names)) \(number(reading.sum))\n"
        out += "\(family.name)_count\(labels(names)) \(reading.count)\n"
      }
    }
    return Array(out.utf8)
  }

  private static func labels(_ labels: [(name: String, value: String)]) -> String {
    guard !labels.isEmpty else { return "" }
    let pairs = labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }
    return "{\(pairs.joined(separator: ","))}"
  }

  private static func number(_ value: Double) -> String {
    if value == value.rounded(), abs(value) < 1e15 { return String(Int(value)) }
    return "\(value)"
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var out = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\"" where quotes: out += "\\\""
      default: out.unicodeScalars.append(character)
      }
    }
    return out
  }
}
