/// The options of an import as the parameters of a request: one spelling for who sends and who receives.
import TickColumns

extension ImportOptions {
  /// What parameters there are, for messages.
  package static let parameterNames = [
    "table", "exchange", "symbol", "interval", "columns", "format", "date", "time_zone",
    "max_errors",
  ]

  /// Those that say something.
  package var parameters: [(name: String, value: String)] {
    let all: [(String, String?)] = [
      ("table", table), ("exchange", exchange), ("symbol", symbol),
      ("interval", interval.map { "\($0)" }), ("columns", columns), ("format", format),
      ("date", date), ("time_zone", timeZone), ("max_errors", maxErrors?.text),
    ]
    return all.compactMap { name, value in value.map { (name, $0) } }
  }

  /// Takes one; an empty value is none. Returns false for a name that is no option. Throws 36 for a bad value.
  package mutating func take(_ name: String, _ value: String) throws(EngineError) -> Bool {
    let given = value.isEmpty ? nil : value
    switch name {
    case "table": table = given
    case "exchange": exchange = given
    case "symbol": symbol = given
    case "columns": columns = given
    case "format": format = given
    case "date": date = given
    case "time_zone": timeZone = given
    case "interval":
      interval = given.flatMap(secondsOfInterval)
      if given != nil, interval == nil {
        throw EngineError(
          .badArguments, "interval is seconds, or such as 1m, 4h, 1d; not '\(value)'")
      }
    case "max_errors":
      maxErrors = given.flatMap { ErrorLimit($0) }
      if given != nil, maxErrors == nil {
        throw EngineError(
          .badArguments, "max_errors is a number or a share such as 0.5%; not '\(value)'")
      }
    default: return false
    }
    return true
  }
}
