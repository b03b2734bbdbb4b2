/// Settings of the reader that change bytes, with ClickHouse's defaults.
public struct OutputOptions: Hashable, Sendable {
  /// `output_format_write_statistics`.
  public var writesStatistics: Bool
  /// `client_protocol_version`, which decides what Native looks like; 0 when the client named none.
  public var protocolVersion: Int
  /// The choices inside JSON; whether a document is spread over lines is the format's own.
  public var json: JSONStyle
  /// What changes the text of values in all formats.
  public var text = TextOptions()
  /// `output_format_csv_crlf_end_of_line`.
  public var endsCSVLinesWithCRLF = false
  /// `output_format_tsv_crlf_end_of_line`.
  public var endsTSVLinesWithCRLF = false
  public var pretty = PrettyOptions()

  public init(
    quotes64BitIntegers: Bool = false, writesStatistics: Bool = true, protocolVersion: Int = 0
  ) {
    json = JSONStyle(quotes64BitIntegers: quotes64BitIntegers)
    self.writesStatistics = writesStatistics
    self.protocolVersion = protocolVersion
  }
}

/// Settings of the formats that people read: `output_format_pretty_...`.
public struct PrettyOptions: Hashable, Sendable {
  /// `max_rows`: rows shown, the first and the last ones of the result.
  public var rowsMax = 1_000
  /// `max_column_pad_width`: cells are filled up to at most so many columns.
  public var padWidthMax = 250
  /// `max_value_width`: longer values are cut; 0 cuts none.
  public var valueWidthMax = 10_000
  /// `max_value_width_apply_for_single_value`: also where the result is one value.
  public var cutsSingleValue = false
  /// `max_column_name_width_cut_to`: longer names that are no identifiers lose their middle; 0 cuts none.
  public var nameWidthCutTo = 24
  /// `max_column_name_width_min_chars_to_cut`: but only when at least so many more go.
  public var nameWidthSlack = 4
  /// `row_numbers`.
  public var numbersRows = true
  /// `grid_charset`: ASCII instead of UTF-8.
  public var drawsInASCII = false
  /// `display_footer_column_names`: names again below a long table.
  public var repeatsNamesBelow = true
  /// `display_footer_column_names_min_rows`.
  public var repeatsNamesFromRows = 50
  /// `multiline_fields`: a value with newlines takes several lines of its cell.
  public var splitsLines = true
  /// `single_large_number_tip_threshold`: numbers beyond it are explained, where they are the only column; 0 for
  /// none.
  public var tipThreshold: UInt64 = 1_000_000
  /// `fallback_to_vertical`: a few wide rows are shown as Vertical.
  public var fallsBackToVertical = true
  /// `fallback_to_vertical_max_rows_per_chunk`.
  public var verticalRowsMax = 10
  /// `fallback_to_vertical_min_columns`.
  public var verticalColumnsMin = 5
  /// `fallback_to_vertical_min_table_width`.
  public var verticalWidthMin = 250

  public init() {}
}

/// Figures that JSON documents end with.
public struct ResultStatistics: Hashable, Sendable {
  public var elapsedSeconds: Double
  public var rowsRead: Int
  public var bytesRead: Int
  public var rows: Int
  /// Present when the query had a LIMIT.
  public var rowsBeforeLimit: Int?

  public init(
    elapsedSeconds: Double = 0, rowsRead: Int = 0, bytesRead: Int = 0, rows: Int = 0,
    rowsBeforeLimit: Int? = nil
  ) {
    self.elapsedSeconds = elapsedSeconds
    self.rowsRead = rowsRead
    self.bytesRead = bytesRead
    self.rows = rows
    self.rowsBeforeLimit = rowsBeforeLimit
  }
}
