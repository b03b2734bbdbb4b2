public import TickColumns

/// Why a statement cannot be answered: a ClickHouse code, a sentence, the place in the text and a hint.
public struct SQLError: Error, Hashable, Sendable {
  public let code: ErrorCode
  public let message: String
  /// Byte offset into the statement text, where one place is to blame.
  public let position: Int?
  /// What to do about it, for example the nearest known name.
  public let hint: String?

  public init(_ code: ErrorCode, _ message: String, at position: Int? = nil, hint: String? = nil) {
    self.code = code
    self.message = message
    self.position = position
    self.hint = hint
  }

  /// The whole sentence shown to a user, without the `Code: N.` frame of the endpoint.
  public var sentence: String {
    var out = message
    if let hint { out += ". \(hint)" }
    // A syntax error says its place in ClickHouse's own words.
    if let position, code != .syntaxError { out += " (at position \(position + 1))" }
    return out
  }
}
