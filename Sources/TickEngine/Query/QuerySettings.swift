/// Settings of one statement. A name acts, is harmless here, or is refused: nothing that could change an answer
/// is accepted and ignored.
import TickColumns
import TickSQL

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
  /// How data is written and read.
  var format = FormatSettings()
  var options = QueryOptions()

  /// Takes one setting. Throws 115 for an unknown name, 48 for one that is known and does not act yet, 36 for a
  /// value it cannot have.
  mutating func apply(name: String, value: String) throws(EngineError) {
    switch name {
    case "max_memory_usage":
      let bytes = try settingCount(name, value)
      maxMemoryBytes = bytes == 0 ? .max : bytes
    case "max_result_rows": maxResultRows = try settingCount(name, value)
    case "max_execution_time":
      guard let seconds = Double(value), seconds >= 0, seconds < 1e9 else {
        throw invalidSetting(name, value, "a number of seconds")
      }
      maxExecutionNanoseconds = Int(seconds * 1e9)
    case "max_threads": maxThreads = value == "auto" ? 0 : try settingCount(name, value)
    case "readonly":
      readonly = try settingCount(name, value)
      guard readonly <= 2 else { throw invalidSetting(name, value, "0, 1 or 2") }
    case "join_use_nulls": options.joinUseNulls = try settingFlag(name, value)
    case "union_default_mode":
      switch value {
      case "": options.unionDefault = nil
      case "ALL": options.unionDefault = .all
      case "DISTINCT": options.unionDefault = .distinct
      default: throw invalidSetting(name, value, "'', ALL or DISTINCT")
      }
    default:
      if try format.apply(name: name, value: value) { return }
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

  /// Settings that may be named with the value that describes what happens here anyway.
  private static let fixed: [String: [String]] = [
    "session_timezone": ["", "UTC"],
    // What the basic reader takes means the same to ours.
    "date_time_input_format": ["best_effort", "basic"],
    "input_format_defaults_for_omitted_fields": ["1", "true"],
    "input_format_csv_empty_as_default": ["1", "true"],
    "input_format_csv_deserialize_separate_columns_into_tuple": ["1", "true"],
    "input_format_csv_arrays_as_nested_csv": ["0", "false"],
    "input_format_csv_allow_variable_number_of_columns": ["0", "false"],
    "input_format_tsv_allow_variable_number_of_columns": ["0", "false"],
    "input_format_csv_use_default_on_bad_values": ["0", "false"],
    "format_csv_allow_single_quotes": ["0", "false"],
    "format_csv_allow_double_quotes": ["1", "true"],
    "input_format_csv_trim_whitespaces": ["1", "true"],
    "input_format_allow_errors_num": ["0"],
    "input_format_allow_errors_ratio": ["0"],
    "input_format_json_ignore_unknown_keys_in_named_tuple": ["1", "true"],
    "input_format_json_defaults_for_missing_elements_in_named_tuple": ["1", "true"],
    "input_format_json_named_tuples_as_objects": ["1", "true"],
    "output_format_csv_serialize_tuple_into_separate_columns": ["1", "true"],
    "output_format_csv_header_serialize_tuple_into_separate_columns": ["1", "true"],
    "output_format_json_array_of_rows": ["0", "false"],
    "output_format_json_map_as_array_of_tuples": ["0", "false"],
    "output_format_json_quote_64bit_floats": ["0", "false"],
    "output_format_json_skip_null_value_in_named_tuples": ["0", "false"],
    "output_format_json_validate_utf8": ["0", "false"],
    "output_format_json_pretty_print": ["1", "true"],
    "output_format_float_precision": ["0"],
    "output_format_always_write_decimal_point_in_float_and_decimal": ["0", "false"],
    "output_format_trim_fixed_string": ["0", "false"],
    "output_format_markdown_escape_special_characters": ["0", "false"],
    "output_format_values_escape_quote_with_quote": ["0", "false"],
    // A named tuple takes one line of a table.
    "output_format_pretty_named_tuples_as_json": ["0", "false"],
    // Colours are for terminals, and what we write is read over a connection.
    "output_format_pretty_color": ["0", "false", "auto"],
    "extremes": ["0", "false"],
    "async_insert": ["0", "1", "true", "false"],
    "wait_for_async_insert": ["1", "true"],
    "enable_positional_arguments": ["1", "true"],
    "send_progress_in_http_headers": ["0", "false"],
    "result_overflow_mode": ["throw"],
    "timeout_overflow_mode": ["throw"],
  ]

  /// Settings that cannot change an answer here.
  private static let harmless: Set<String> = [
    "output_format_parallel_formatting", "input_format_parallel_parsing",
    "output_format_pretty_squash_consecutive_ms", "output_format_pretty_squash_max_wait_ms",
    "output_format_pretty_highlight_digit_groups", "output_format_pretty_highlight_trailing_spaces",
    // How an answer is packed is settled by the request, before its statement is read.
    "enable_http_compression", "http_zlib_compression_level",
    "log_queries", "log_comment", "max_block_size", "max_insert_block_size",
    "http_headers_progress_interval_ms", "cancel_http_readonly_queries_on_client_close",
    "http_receive_timeout", "http_send_timeout",
    "use_uncompressed_cache", "priority", "optimize_read_in_order", "optimize_aggregation_in_order",
  ]
}
