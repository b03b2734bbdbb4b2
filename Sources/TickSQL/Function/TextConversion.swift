import TickColumns
import TickFormats

/// Between values and text, by the rules that the formats have: one home for what a number or time looks like.
enum TextConversion {
  /// A string literal read as the type it is compared with.
  static func literal(
    _ bytes: [UInt8], as type: DataType, at place: Int?, in session: TimeZone
  ) throws(SQLError) -> Value {
    do throws(FormatError) {
      return try parseText(bytes[...], as: type, style: .raw, in: session)
    } catch {
      let isTime = type.isDateOrTime && error.code != .cannotParseText
      throw SQLError(
        isTime ? error.code : .typeMismatch,
        "Cannot convert string \(quotedLiteral(bytes)) to type \(type)", at: place,
        hint: error.message)
    }
  }

  /// A text as a value that it stands for without loss; throws where there is none.
  static func exact(_ bytes: [UInt8], as type: DataType) throws(FormatError) -> Value {
    try parseText(bytes[...], as: type, style: .raw, outOfRange: .refuse)
  }

  /// A column of texts read as another type.
  static func parse(
    _ texts: StringOperand, rows: Int, valid: [UInt8]?, as type: DataType,
    onFailure: ParseFailureRule, outOfRange: OutOfRangeRule = .convert, in session: TimeZone
  ) throws(SQLError) -> Column {
    let strings: StringValues
    switch texts {
    case .array(let v): strings = v
    case .scalar(let bytes):
      var one = StringValues()
      one.append(bytes)
      strings = one
    }
    do throws(FormatError) {
      let column = try parseColumn(
        strings, validity: valid.map { Array($0.prefix(strings.count)) }, as: type,
        onFailure: onFailure, outOfRange: outOfRange, in: session)
      if case .array = texts { return column }
      return column.gather(Array(repeating: 0, count: rows))
    } catch {
      throw SQLError(error.code, error.message)
    }
  }

  /// The text of each row, as toString gives it.
  static func text(
    _ operand: KernelValue, rows: Int, in session: TimeZone
  ) -> KernelValue {
    if case .constant(let value, let type) = operand {
      let cell = Column(type, of: [value]).plainTexts(in: session)
      return .constant(.bytes(Array(cell[0])), .string)
    }
    let column = operand.column(rows: rows)
    return .column(Column(.string, .string(column.plainTexts(in: session))))
  }
}

extension Column {
  /// The text of each row; a FixedString gives it without the zeros that fill it up.
  func plainTexts(in session: TimeZone) -> StringValues {
    var options = TextOptions()
    options.sessionZone = session
    let texts = rendered(as: .raw, options: options)
    guard case .fixedString = type.withoutNullable.withoutLowCardinality.withoutNullable else {
      return texts
    }
    var offsets = [0]
    var bytes: [UInt8] = []
    for row in 0..<texts.count {
      var text = texts[row]
      while text.last == 0 { text.removeLast() }
      bytes += text
      offsets.append(bytes.count)
    }
    return StringValues(offsets: offsets, bytes: bytes)
  }

  /// The cells as literals, for plans and messages.
  var textCells: StringValues { rendered(as: .quoted) }
}
