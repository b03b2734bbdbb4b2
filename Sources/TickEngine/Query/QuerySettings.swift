/// Settings of one statement. A name acts, is harmless here, or is refused: nothing that could change an answer
/// is accepted and ignored.
import TickColumns

struct QuerySettings: Sendable {
  /// Bytes that grouping, sorting and distinct may hold; ClickHouse's default is no limit, ours protects the
  /// server.
  var maxMemoryBytes = 4 << 30
  /// 0 means no limit.
  var maxResultRows = 0
  /// 0 means no limit.
  var maxExecutionNanoseconds = 0
  /// 0 means the width of the pool.
  var maxThreads = 0
  var readonly = 0
  var quotes64BitIntegers = false
  var writesStatistics = true

  /// Takes one setting. Throws 115 for an unknown name, 48 for one that is known and does not act yet, 36 for a
  /// value it cannot have.
  mutating func apply(name: String, value: String) throws(EngineError) {
    switch name {
    case "max_memory_usage":
      let bytes = try count(name, value)
      maxMemoryBytes = bytes == 0 ? .max : bytes
    case "max_result_rows": maxResultRows = try count(name, value)
    case "max_execution_time":
      guard let seconds = Double(value), seconds >= 0, seconds < 1e9 else {
        throw invalid(name, value, "a number of seconds")
      }
      maxExecutionNanoseconds = Int(seconds * 1e9)
    case "max_threads": maxThreads = value == "auto" ? 0 : try count(name, value)
    case "readonly":
      readonly = try count(name, value)
      guard readonly <= 2 else { throw invalid(name, value, "0, 1 or 2") }
    case "output_format_json_quote_64bit_integers":
      quotes64BitIntegers = try flag(name, value)
    case "output_format_write_statistics": writesStatistics = try flag(name, value)
    default:
      if let allowed = Self.fixed[name] {
        guard allowed.contains(value) else {
          throw EngineError(
            .notImplemented,
            "setting '\(name)' is not supported with another value than \(allowed[0]) yet")
        }
        return
      }
      if Self.harmless.contains(name) { return }
      throw EngineError(.unknownSetting, "Unknown setting '\(name)'")
    }
  }

  private func count(_ name: String, _ value: String) throws(EngineError) -> Int {
    guard let number = Int(value), number >= 0 else {
      throw invalid(name, value, "a number of at least 0")
    }
    return number
  }

  private func flag(_ name: String, _ value: String) throws(EngineError) -> Bool {
    switch value {
    case "1", "true": return true
    case "0", "false": return false
    default: throw invalid(name, value, "0 or 1")
    }
  }

  private func invalid(_ name: String, _ value: String, _ wanted: String) -> EngineError {
    EngineError(.badArguments, "setting '\(name)' is '\(value)', which is not \(wanted)")
  }

  /// Settings that may be named with the value that describes what happens here anyway.
  private static let fixed: [String: [String]] = [
    "session_timezone": ["", "UTC"],
    "date_time_output_format": ["simple"],
    "date_time_input_format": ["best_effort", "basic"],
    "format_csv_delimiter": [","],
    "extremes": ["0", "false"],
    "async_insert": ["0", "1", "true", "false"],
    "wait_for_async_insert": ["1", "true"],
    "enable_positional_arguments": ["1", "true"],
    "union_default_mode": [""],
    "send_progress_in_http_headers": ["0", "false"],
    "result_overflow_mode": ["throw"],
    "timeout_overflow_mode": ["throw"],
  ]

  /// Settings that cannot change an answer here.
  private static let harmless: Set<String> = [
    "log_queries", "log_comment", "max_block_size", "max_insert_block_size",
    "http_headers_progress_interval_ms", "cancel_http_readonly_queries_on_client_close",
    "http_receive_timeout", "http_send_timeout",
    "use_uncompressed_cache", "priority", "optimize_read_in_order", "optimize_aggregation_in_order",
  ]
}
