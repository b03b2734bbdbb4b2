public import TickColumns

/// The spellings that one value has: the same number, date or string is written differently in a TSV cell,
/// inside a tuple, in CSV and in JSON.
public enum TextStyle: Hashable, Sendable {
  /// The bare text, as `toString` gives it and casts read it.
  case raw
  /// A TabSeparated cell: backslash escapes, NULL is `\N`.
  case escaped
  /// Inside tuples and in VALUES: strings and times in single quotes, NULL is `NULL`.
  case quoted
  /// A CSV cell: strings and times in double quotes, tuples flattened, NULL is `\N`.
  case csv
  case json(JSONStyle)

  /// JSON on one line with ClickHouse's defaults.
  public static let json = TextStyle.json(JSONStyle())
}

/// The choices inside JSON.
public struct JSONStyle: Hashable, Sendable {
  /// Put 64-bit integers in quotes (`output_format_json_quote_64bit_integers`).
  public var quotes64BitIntegers: Bool
  /// Write `"nan"`, `"inf"` and `"-inf"` instead of null (`output_format_json_quote_denormals`).
  public var quotesDenormals = false
  /// Put decimals in quotes (`output_format_json_quote_decimals`).
  public var quotesDecimals = false
  /// Write `\/` for a slash (`output_format_json_escape_forward_slashes`).
  public var escapesSlashes = true
  /// Tuples with names are objects, not arrays (`output_format_json_named_tuples_as_objects`).
  public var namesTuples = true
  /// Replace what is not UTF-8 by U+FFFD. The formats of one document do, the line formats pass bytes through.
  public var replacesInvalidUTF8: Bool
  /// Spread tuples over lines, this many steps deep; nil keeps them on one line.
  public var indentation: Int?
  /// A step of the indentation is four blanks instead of a tab.
  public var indentsByBlanks = false

  public init(
    quotes64BitIntegers: Bool = false, replacesInvalidUTF8: Bool = false, indentation: Int? = nil
  ) {
    self.quotes64BitIntegers = quotes64BitIntegers
    self.replacesInvalidUTF8 = replacesInvalidUTF8
    self.indentation = indentation
  }

  /// A line's beginning, `depth` steps deep.
  func indent(_ depth: Int) -> [UInt8] {
    indentsByBlanks
      ? Array(repeating: 0x20, count: 4 * depth) : Array(repeating: 0x09, count: depth)
  }
}

/// Settings that change how values are written in more than one style.
public struct TextOptions: Hashable, Sendable {
  /// `date_time_output_format`.
  public enum TimeFormat: Hashable, Sendable {
    /// `2024-01-01 00:00:00.5` in the column's zone.
    case simple
    /// `2024-01-01T00:00:00.5Z` in UTC.
    case iso
    /// `1704067200.5`.
    case unixTimestamp
  }

  public var timeFormat = TimeFormat.simple
  /// `session_timezone`: the clock of times whose type names no zone.
  public var sessionZone = TimeZone.utc
  /// `output_format_decimal_trailing_zeros`.
  public var keepsDecimalZeros = false
  /// `bool_true_representation` and `bool_false_representation`; JSON and what is nested keep their own words.
  public var trueWord = "true"
  public var falseWord = "false"
  /// `format_csv_delimiter`, also between the elements of a tuple.
  public var csvDelimiter: UInt8 = 0x2C
  /// `format_csv_null_representation`.
  public var csvNull = "\\N"
  /// `format_tsv_null_representation`.
  public var tsvNull = "\\N"

  public init() {}

  /// ClickHouse's defaults.
  public static let standard = TextOptions()

  /// What stands for NULL.
  func null(in style: TextStyle) -> [UInt8] {
    switch style {
    case .raw, .escaped: Array(tsvNull.utf8)
    case .csv: Array(csvNull.utf8)
    case .quoted: Array("NULL".utf8)
    case .json: Array("null".utf8)
    }
  }
}
