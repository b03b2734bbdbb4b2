/// The pattern argument of a call: compiled once where it is constant, otherwise as the rows bring it.
import TickColumns

extension FunctionBinding {
  /// The constant pattern of an argument; error 44 where it is not constant.
  func pattern(
    _ i: Int, _ options: RegularExpression.Options = .dotTakesLineBreaks
  ) throws(SQLError) -> RegularExpression {
    guard types[i] == .string else { throw illegal(i, "String") }
    guard case .bytes(let text)? = constant(i) else {
      throw SQLError(
        .illegalColumn, "Argument \(i + 1) of function \(name), the pattern, must be constant",
        at: arguments[i].position ?? position)
    }
    do throws(SQLError) {
      return try RegularExpression.compile(text[...], options)
    } catch {
      throw SQLError(error.code, error.message, at: arguments[i].position ?? position)
    }
  }

  /// The same with at least one group.
  func patternWithGroups(_ i: Int) throws(SQLError) -> RegularExpression {
    let pattern = try pattern(i)
    guard pattern.groupCount > 0 else {
      throw SQLError(
        .badArguments, "There are no groups in the regular expression of function \(name)",
        at: arguments[i].position ?? position)
    }
    return pattern
  }
}

extension RegularExpression {
  /// A pattern, or error 427 with RE2's reason.
  static func compile(
    _ text: ArraySlice<UInt8>, _ options: Options
  ) throws(SQLError) -> RegularExpression {
    do throws(Invalid) {
      return try RegularExpression(text, options)
    } catch {
      throw SQLError(
        .cannotCompileRegexp,
        "cannot compile the regular expression '\(String(decoding: text, as: UTF8.self))': "
          + "\(error.reason); in a string literal a backslash is written twice")
    }
  }
}

/// Patterns that rows bring. Confined to one batch.
struct PatternCache {
  private let options: RegularExpression.Options
  private var known: [ArraySlice<UInt8>: RegularExpression] = [:]

  /// Patterns kept at once: each may take `RegularExpression`'s share of memory.
  private static let countMax = 32

  init(_ options: RegularExpression.Options = .dotTakesLineBreaks) { self.options = options }

  mutating func pattern(_ text: ArraySlice<UInt8>) throws(SQLError) -> RegularExpression {
    if let pattern = known[text] { return pattern }
    if known.count == Self.countMax { known.removeAll(keepingCapacity: true) }
    let pattern = try RegularExpression.compile(text, options)
    known[text] = pattern
    return pattern
  }
}

extension ArraySlice<UInt8> {
  /// The bytes at offsets from the beginning.
  subscript(offsets range: Range<Int>) -> ArraySlice<UInt8> {
    self[startIndex + range.lowerBound..<startIndex + range.upperBound]
  }
}
