public import TickColumns

/// Settings of the sender that change how data is read, with ClickHouse's defaults.
public struct InputOptions: Hashable, Sendable {
  /// `input_format_skip_unknown_fields`: names that the table lacks are passed by, not refused.
  public var skipsUnknownFields = true
  /// `input_format_null_as_default`: NULL for a column without NULL is its default, not an error.
  public var takesNullAsDefault = true
  /// `input_format_tsv_empty_as_default`.
  public var takesEmptyTSVAsDefault = false
  /// `input_format_with_names_use_header`: cells go to the columns that the header names, not in their order.
  public var usesHeaderNames = true
  /// `input_format_with_types_use_header`: the header's types must be the table's.
  public var usesHeaderTypes = true
  /// `input_format_csv_detect_header` and `input_format_tsv_detect_header`.
  public var detectsCSVHeader = true
  public var detectsTSVHeader = true
  /// `input_format_csv_skip_first_lines` and `input_format_tsv_skip_first_lines`.
  public var csvLinesToSkip = 0
  public var tsvLinesToSkip = 0
  /// `format_csv_delimiter`.
  public var csvDelimiter: UInt8 = 0x2C
  /// `format_csv_null_representation` and `format_tsv_null_representation`.
  public var csvNull: [UInt8] = [0x5C, 0x4E]
  public var tsvNull: [UInt8] = [0x5C, 0x4E]
  /// `bool_true_representation` and `bool_false_representation`, read beside the words that are always read.
  public var trueWord = Array("true".utf8)
  public var falseWord = Array("false".utf8)

  /// `session_timezone`: the clock of times whose type names no zone.
  public var sessionZone = TimeZone.utc

  public init() {}

  /// ClickHouse's defaults.
  static let standard = InputOptions()
}
