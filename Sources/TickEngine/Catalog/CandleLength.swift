/// How long a candle is and whose clock cuts it.
///
/// Invariants:
/// 1. Candles follow each other without gaps on the clock of their zone: a day where clocks change has 23 or 25 hours.
/// 2. Lengths below an hour count from 1970-01-01 00:00:00 of that clock's UTC, hours from midnight, days from 1970-01-01, weeks from Monday,
///    months from January and years from 0, as `toStartOfInterval` has them.
import TickColumns
import TickSQL

struct CandleLength: Sendable, Hashable {
  enum Unit: String, Sendable, CaseIterable {
    case second = "s"
    case minute = "m"
    case hour = "h"
    case day = "d"
    case week = "w"
    case month = "mo"
    case year = "y"

    /// The longest there is.
    fileprivate var seconds: Int {
      switch self {
      case .second: 1
      case .minute: 60
      case .hour: 3_600
      case .day: 86_400
      case .week: 7 * 86_400
      case .month: 31 * 86_400
      case .year: 366 * 86_400
      }
    }

    fileprivate var keyword: String { "\(self)".uppercased() }
  }

  let count: Int
  let unit: Unit
  let zone: String

  init(_ count: Int, _ unit: Unit, zone: String = "UTC") {
    self.count = count
    self.unit = unit
    self.zone = zone
  }

  private static let secondsMax = 100 * 366 * 86_400

  /// Reads `7m`: a count and a unit.
  init(_ text: String, zone: String) throws(SQLError) {
    guard TimeZone.named(zone) != nil else {
      throw SQLError(.badArguments, "Unknown time zone '\(zone)' of table function candles")
    }
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let unit = Unit(rawValue: String(text.dropFirst(digits.count))),
      let count = Int(digits), count > 0, count <= Self.secondsMax / unit.seconds
    else {
      let units = Unit.allCases.map(\.rawValue).joined(separator: ", ")
      throw SQLError(
        .badArguments,
        "'\(text)' is no length of a candle: a count and one of \(units), such as 7m, up to 100 years"
      )
    }
    self.init(count, unit, zone: zone)
  }

  /// No candle is longer, whatever the clocks do.
  var secondsMax: Int { count * unit.seconds + (zone == "UTC" ? 0 : 86_400) }

  /// SQL for the start of the candle that a time lies in.
  func start(of time: String) -> String {
    let zone = "'\(zone)'"
    return
      "toDateTime64(toStartOfInterval(\(time), INTERVAL \(count) \(unit.keyword), \(zone)), 9, \(zone))"
  }
}
