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

  /// What stands for NULL.
  public var null: [UInt8] {
    switch self {
    case .raw, .escaped, .csv: [0x5C, 0x4E]
    case .quoted: Array("NULL".utf8)
    case .json: Array("null".utf8)
    }
  }
}

/// The choices inside JSON.
public struct JSONStyle: Hashable, Sendable {
  /// Put 64-bit integers in quotes (`output_format_json_quote_64bit_integers`).
  public var quotes64BitIntegers: Bool
  /// Replace what is not UTF-8 by U+FFFD. The formats of one document do, the line formats pass bytes through.
  public var replacesInvalidUTF8: Bool
  /// Spread tuples over lines, this many tabs deep; nil keeps them on one line.
  public var indentation: Int?

  public init(
    quotes64BitIntegers: Bool = false, replacesInvalidUTF8: Bool = false, indentation: Int? = nil
  ) {
    self.quotes64BitIntegers = quotes64BitIntegers
    self.replacesInvalidUTF8 = replacesInvalidUTF8
    self.indentation = indentation
  }
}
