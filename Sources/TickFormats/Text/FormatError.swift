public import TickColumns

/// Why bytes are not the rows they should be: ClickHouse's code, a sentence, and the place.
public struct FormatError: Error, Hashable, Sendable {
  public var code: ErrorCode
  public var message: String
  /// Row of the input, counted from 1.
  public var row: Int?
  public var column: String?
  /// Byte offset into the input.
  public var offset: Int?

  public init(
    _ code: ErrorCode, _ message: String, row: Int? = nil, column: String? = nil,
    offset: Int? = nil
  ) {
    self.code = code
    self.message = message
    self.row = row
    self.column = column
    self.offset = offset
  }

  /// The sentence with its place, as an endpoint shows it.
  public var sentence: String {
    var place: [String] = []
    if let row { place.append("at row \(row)") }
    if let column { place.append("column \(column)") }
    if let offset { place.append("offset \(offset)") }
    return place.isEmpty ? message : "\(message): (\(place.joined(separator: ", ")))"
  }

  /// The same error with the place filled in where it was unknown.
  func located(row: Int? = nil, column: String? = nil, offset: Int? = nil) -> FormatError {
    var out = self
    out.row = out.row ?? row
    out.column = out.column ?? column
    out.offset = out.offset ?? offset
    return out
  }
}

/// Bounds of everything that outsiders can make long. One place, each with its reason.
public enum FormatLimits {
  /// One value: larger ones would let one cell decide the memory of a request.
  public static let valueBytesMax = 64 << 20
  /// How deep JSON values that are skipped or kept as text may nest: their scan recurses.
  public static let nestingMax = 1_000
  /// Columns of a binary header or block.
  static let columnsMax = 100_000
  /// Bytes of bad text quoted in an error.
  static let excerptBytesMax = 64
}

/// The beginning of a text for an error message, in quotes, made printable.
func excerpt(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> String {
  let stop = min(end, start + FormatLimits.excerptBytesMax)
  var shown: [UInt8] = []
  for i in start..<max(start, stop) { shown.append(bytes[i]) }
  var text = "'"
  for scalar in String(decoding: shown, as: UTF8.self).unicodeScalars {
    switch scalar {
    case "\n": text += "\\n"
    case "\t": text += "\\t"
    case "\r": text += "\\r"
    default: text.unicodeScalars.append(scalar.value < 0x20 ? "\u{FFFD}" : scalar)
    }
  }
  return text + (end > stop ? "'..." : "'")
}
