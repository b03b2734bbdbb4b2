/// Settings that change how data is written and read.
import TickColumns
import TickFormats

struct FormatSettings: Sendable {
  var output = OutputOptions()
  var input = InputOptions()
  /// `input_format_defaults_for_omitted_fields`: a column that a row leaves out is its DEFAULT expression, not the
  /// default of its type.
  var computesOmittedFields = true

  /// Takes one setting; false when it is none of these. Throws 36 for a value it cannot have, 48 for one that does
  /// not act.
  mutating func apply(name: String, value: String) throws(EngineError) -> Bool {
    if try applyJSON(name, value) { return true }
    if try applyPretty(name, value) { return true }
    if try applyInput(name, value) { return true }
    switch name {
    case "output_format_write_statistics":
      output.writesStatistics = try settingFlag(name, value)
    case "output_format_csv_crlf_end_of_line":
      output.endsCSVLinesWithCRLF = try settingFlag(name, value)
    case "output_format_tsv_crlf_end_of_line":
      output.endsTSVLinesWithCRLF = try settingFlag(name, value)
    case "output_format_decimal_trailing_zeros":
      output.text.keepsDecimalZeros = try settingFlag(name, value)
    case "date_time_output_format":
      switch value {
      case "simple": output.text.timeFormat = .simple
      case "iso": output.text.timeFormat = .iso
      case "unix_timestamp": output.text.timeFormat = .unixTimestamp
      default: throw invalidSetting(name, value, "simple, iso or unix_timestamp")
      }
    case "bool_true_representation":
      output.text.trueWord = value
      input.trueWord = Array(value.utf8)
    case "bool_false_representation":
      output.text.falseWord = value
      input.falseWord = Array(value.utf8)
    case "format_csv_delimiter":
      guard value.utf8.count == 1, let delimiter = value.utf8.first else {
        throw invalidSetting(name, value, "one byte")
      }
      // Bytes that a value may begin with, or that end a row, cannot divide cells.
      guard !"\"'.-+ \t\r\n\\".utf8.contains(delimiter), delimiter &- 0x30 > 9
      else {
        throw EngineError(
          .notImplemented, "setting '\(name)': CSV with the delimiter '\(value)' is not supported")
      }
      output.text.csvDelimiter = delimiter
      input.csvDelimiter = delimiter
    case "format_csv_null_representation":
      output.text.csvNull = value
      input.csvNull = Array(value.utf8)
    case "format_tsv_null_representation":
      output.text.tsvNull = value
      input.tsvNull = Array(value.utf8)
    default: return false
    }
    return true
  }

  private mutating func applyJSON(_ name: String, _ value: String) throws(EngineError) -> Bool {
    switch name {
    case "output_format_json_quote_64bit_integers":
      output.json.quotes64BitIntegers = try settingFlag(name, value)
    case "output_format_json_quote_denormals":
      output.json.quotesDenormals = try settingFlag(name, value)
    case "output_format_json_quote_decimals":
      output.json.quotesDecimals = try settingFlag(name, value)
    case "output_format_json_escape_forward_slashes":
      output.json.escapesSlashes = try settingFlag(name, value)
    case "output_format_json_named_tuples_as_objects":
      output.json.namesTuples = try settingFlag(name, value)
    default: return false
    }
    return true
  }

  private mutating func applyPretty(_ name: String, _ value: String) throws(EngineError) -> Bool {
    switch name {
    case "output_format_pretty_max_rows": output.pretty.rowsMax = try settingCount(name, value)
    case "output_format_pretty_max_column_pad_width":
      output.pretty.padWidthMax = try settingCount(name, value)
    case "output_format_pretty_max_value_width":
      output.pretty.valueWidthMax = try settingCount(name, value)
    case "output_format_pretty_max_value_width_apply_for_single_value":
      output.pretty.cutsSingleValue = try settingCount(name, value) != 0
    case "output_format_pretty_max_column_name_width_cut_to":
      output.pretty.nameWidthCutTo = try settingCount(name, value)
    case "output_format_pretty_max_column_name_width_min_chars_to_cut":
      output.pretty.nameWidthSlack = try settingCount(name, value)
    case "output_format_pretty_row_numbers":
      output.pretty.numbersRows = try settingFlag(name, value)
    case "output_format_pretty_grid_charset":
      switch value {
      case "UTF-8": output.pretty.drawsInASCII = false
      case "ASCII": output.pretty.drawsInASCII = true
      default: throw invalidSetting(name, value, "UTF-8 or ASCII")
      }
    case "output_format_pretty_display_footer_column_names":
      output.pretty.repeatsNamesBelow = try settingCount(name, value) != 0
    case "output_format_pretty_display_footer_column_names_min_rows":
      output.pretty.repeatsNamesFromRows = try settingCount(name, value)
    case "output_format_pretty_multiline_fields":
      output.pretty.splitsLines = try settingFlag(name, value)
    case "output_format_pretty_single_large_number_tip_threshold":
      output.pretty.tipThreshold = UInt64(try settingCount(name, value))
    case "output_format_pretty_fallback_to_vertical":
      output.pretty.fallsBackToVertical = try settingFlag(name, value)
    case "output_format_pretty_fallback_to_vertical_max_rows_per_chunk":
      output.pretty.verticalRowsMax = try settingCount(name, value)
    case "output_format_pretty_fallback_to_vertical_min_columns":
      output.pretty.verticalColumnsMin = try settingCount(name, value)
    case "output_format_pretty_fallback_to_vertical_min_table_width":
      output.pretty.verticalWidthMin = try settingCount(name, value)
    default: return false
    }
    return true
  }

  private mutating func applyInput(_ name: String, _ value: String) throws(EngineError) -> Bool {
    switch name {
    case "input_format_skip_unknown_fields":
      input.skipsUnknownFields = try settingFlag(name, value)
    case "input_format_null_as_default":
      input.takesNullAsDefault = try settingFlag(name, value)
    case "input_format_defaults_for_omitted_fields":
      computesOmittedFields = try settingFlag(name, value)
    case "input_format_tsv_empty_as_default":
      input.takesEmptyTSVAsDefault = try settingFlag(name, value)
    case "input_format_with_names_use_header":
      input.usesHeaderNames = try settingFlag(name, value)
    case "input_format_with_types_use_header":
      input.usesHeaderTypes = try settingFlag(name, value)
    case "input_format_csv_detect_header":
      input.detectsCSVHeader = try settingFlag(name, value)
    case "input_format_tsv_detect_header":
      input.detectsTSVHeader = try settingFlag(name, value)
    case "input_format_csv_skip_first_lines":
      input.csvLinesToSkip = try settingCount(name, value)
    case "input_format_tsv_skip_first_lines":
      input.tsvLinesToSkip = try settingCount(name, value)
    default: return false
    }
    return true
  }
}
