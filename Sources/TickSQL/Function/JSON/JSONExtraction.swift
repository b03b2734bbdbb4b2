/// `JSONExtract`: a JSON value as a value of any type. What does not convert is the type's default, inside of arrays,
/// tuples and maps too.
///
/// Invariants:
/// 1. `value` gives nil where nothing of the JSON value converts; then the whole is a default.
/// 2. It recurses over the type, whose depth the parser of type names bounds, never over the text.
import TickColumns
import TickFormats

extension FunctionTable {
  static let jsonExtraction: [ScalarFunction] =
    [false, true].flatMap { ignoresCase in
      let suffix = ignoresCase ? "CaseInsensitive" : ""
      return [
        extraction("JSONExtract" + suffix, ignoresCase),
        keysAndValues("JSONExtractKeysAndValues" + suffix, ignoresCase),
        keysAndValuesRaw("JSONExtractKeysAndValuesRaw" + suffix, ignoresCase),
      ]
    }
    + [
      ScalarFunction(
        "toJSONString", .json, arguments: "x", result: "String", summary: "x as JSON.",
        arity: 1...1
      ) { call in
        var options = TextOptions()
        options.sessionZone = call.session
        let settled = options
        return .kernel(.string) { input in
          let column = input.operands[0].column(rows: input.rows)
          return .column(
            Column(.string, .string(column.rendered(as: .json, options: settled))))
        }
      }
    ]

  private static func extraction(_ name: String, _ ignoresCase: Bool) -> ScalarFunction {
    ScalarFunction(
      name, .json, arguments: "json[, key or index, ...], 'Type'", result: "Type",
      summary:
        "The value as a type: a number, String, time, Nullable, Array, Tuple, Map(String, ...) or another."
        + (ignoresCase ? " Keys are found without regard to ASCII case." : ""),
      arity: 2...Int.max, traits: .ownNulls
    ) { (call) throws(SQLError) in
      if call.types.contains(.nullable(.nothing)) {
        return .constant(.null, .nullable(.nothing))
      }
      let last = call.count - 1
      for i in call.types.indices {
        let type = call.types[i].withoutNullable
        guard type == .string || (i > 0 && i < last && type.isInteger) else {
          throw call.illegal(i, i == 0 ? "String" : "a key (String) or an index (an integer)")
        }
      }
      let type = try extractedType(call, last)
      let result = call.types[0].isNullable ? type.type.madeNullable : type.type
      return .kernel(result) { input in
        if input.operands.contains(where: \.isConstantNull) {
          return .constant(
            result.isNullable ? .null : .defaultValue(of: result), result)
        }
        var documents = JSONDocuments(input, path: 1..<last, ignoresCase)
        var builder = ColumnBuilder(type.type, reserving: input.rows)
        for row in 0..<input.rows {
          let value = documents.find(row).flatMap { type.value($0.node, documents.tape) }
          builder.append(value ?? type.missing)
        }
        var valid: [UInt8]?
        for operand in input.operands { valid = Column.intersect(valid, operand.validity) }
        let column = builder.finish()
        guard let valid, valid.contains(0) else {
          return .column(Column(result, column.values, validity: column.validity))
        }
        return .column(
          result.isNullable ? column.masked(by: valid) : column.withZeros(where: valid))
      }
    }
  }

  private static func keysAndValues(_ name: String, _ ignoresCase: Bool) -> ScalarFunction {
    ScalarFunction(
      name, .json, arguments: "json[, key or index, ...], 'Type'",
      result: "Array(Tuple(String, Type))",
      summary: "The members of an object whose values convert to the type, with their keys."
        + (ignoresCase ? " Keys are found without regard to ASCII case." : ""),
      arity: 2...Int.max
    ) { (call) throws(SQLError) in
      let last = call.count - 1
      try checkJSONPath(call, 1..<last)
      let type = try extractedType(call, last)
      return pairs(type.type, path: 1..<last, ignoresCase) { tape, value in
        type.value(value, tape)
      }
    }
  }

  private static func keysAndValuesRaw(_ name: String, _ ignoresCase: Bool) -> ScalarFunction {
    ScalarFunction(
      name, .json, arguments: "json[, key or index, ...]",
      result: "Array(Tuple(String, String))",
      summary: "The members of an object: keys, and values as JSON."
        + (ignoresCase ? " Keys are found without regard to ASCII case." : ""),
      arity: 1...Int.max
    ) { (call) throws(SQLError) in
      try checkJSONPath(call, 1..<call.count)
      return pairs(.string, path: 1..<call.count, ignoresCase) { tape, value in
        var text: [UInt8] = []
        tape.write(value, into: &text)
        return .bytes(text)
      }
    }
  }

  private static func pairs(
    _ type: DataType, path: Range<Int>, _ ignoresCase: Bool,
    _ value: @escaping @Sendable (JSONTape, Int) -> Value?
  ) -> Resolution {
    let pair = DataType.tuple([
      TupleElement(name: nil, type: .string), TupleElement(name: nil, type: type),
    ])
    return .kernel(.array(pair)) { input in
      var documents = JSONDocuments(input, path: path, ignoresCase)
      var offsets = [0]
      var keys = StringValues()
      var values = ColumnBuilder(type)
      for row in 0..<input.rows {
        if let (node, _) = documents.find(row) {
          documents.tape.forEachMember(node) { key, member in
            guard let found = value(documents.tape, member) else { return }
            keys.append(documents.tape.string(key))
            values.append(found)
          }
        }
        offsets.append(keys.count)
      }
      let count = keys.count
      let elements = Column(
        pair, .tuple([Column(.string, .string(keys)), values.finish()], count: count))
      return .column(
        Column(.array(pair), .array(ArrayValues(offsets: offsets, elements: elements))))
    }
  }

  private static func extractedType(
    _ call: FunctionBinding, _ i: Int
  ) throws(SQLError) -> JSONExtractedType {
    let place = call.arguments[i].position ?? call.position
    guard call.types[i].withoutNullable == .string, case .bytes(let name)? = call.constant(i) else {
      throw SQLError(
        .illegalColumn,
        "The last argument of function \(call.name) must be a constant string, the name of a type",
        at: place)
    }
    let type: DataType
    do throws(TypeNameError) {
      type = try DataType.parse(String(decoding: name, as: UTF8.self))
    } catch {
      throw SQLError(error.code, error.message, at: place)
    }
    guard let extracted = JSONExtractedType(type, call.session) else {
      throw SQLError(
        .illegalTypeOfArgument,
        "\(call.name) doesn't support the return type schema: \(type)", at: place)
    }
    return extracted
  }
}

/// A type as JSON values become it.
struct JSONExtractedType: Sendable {
  let type: DataType
  /// What stands where nothing converts.
  let missing: Value
  private let session: TimeZone
  private let parts: [JSONExtractedType]
  private let names: [[UInt8]]?

  /// Nil for a type that no JSON value becomes.
  init?(_ type: DataType, _ session: TimeZone) {
    self.type = type
    self.session = session
    missing = type.isNullable ? .null : .defaultValue(of: type)
    var inner: [DataType] = []
    var names: [[UInt8]]?
    switch type.withoutNullable {
    case .array(let element): inner = [element]
    case .map(let key, let value):
      guard key.withoutLowCardinality == .string else { return nil }
      inner = [value]
    case .tuple(let elements):
      inner = elements.map(\.type)
      let known = elements.compactMap { $0.name.map { Array($0.utf8) } }
      if known.count == elements.count { names = known }
    case .lowCardinality(let plain): inner = [plain]
    case .interval, .nothing: return nil
    default: break
    }
    var parts: [JSONExtractedType] = []
    for type in inner {
      guard let part = JSONExtractedType(type, session) else { return nil }
      parts.append(part)
    }
    self.parts = parts
    self.names = names
  }

  /// The JSON value as the type; nil where it does not convert.
  func value(_ node: Int, _ tape: JSONTape) -> Value? {
    if type.isNullable, tape.kind(node) == .null { return .null }
    switch type.withoutNullable {
    case .int8: return integer(node, tape, Int8.self).map { .int(Int64($0)) }
    case .int16: return integer(node, tape, Int16.self).map { .int(Int64($0)) }
    case .int32: return integer(node, tape, Int32.self).map { .int(Int64($0)) }
    case .int64: return integer(node, tape, Int64.self).map { .int($0) }
    case .int128: return integer(node, tape, Int128.self).map { .int128($0) }
    case .uint8: return integer(node, tape, UInt8.self).map { .uint(UInt64($0)) }
    case .uint16: return integer(node, tape, UInt16.self).map { .uint(UInt64($0)) }
    case .uint32: return integer(node, tape, UInt32.self).map { .uint(UInt64($0)) }
    case .uint64: return integer(node, tape, UInt64.self).map { .uint($0) }
    case .uint128: return integer(node, tape, UInt128.self).map { .uint128($0) }
    case .float64: return tape.real(node, takesBool: true).map { .float($0) }
    case .float32:
      return tape.real(node, takesBool: true).map { .float(Double(Float($0))) }
    case .bool: return tape.bool(node).map { .uint($0 ? 1 : 0) }
    case .string: return tape.text(node).map { .bytes($0) }
    case .fixedString(let width):
      guard let text = tape.text(node), text.count <= width else { return nil }
      return .bytes(text + Array(repeating: 0, count: width - text.count))
    case .lowCardinality:
      if tape.kind(node) == .null { return parts[0].type.isNullable ? .null : nil }
      return parts[0].value(node, tape)
    case .array: return array(node, tape)
    case .tuple: return tuple(node, tape)
    case .map: return map(node, tape)
    case .date, .date32, .uuid, .ipv4, .ipv6:
      return tape.kind(node) == .string ? parsed(tape.string(node)) : nil
    case .dateTime, .dateTime64: return time(node, tape)
    case .decimal: return decimal(node, tape)
    case .enum8, .enum16: return enumerated(node, tape)
    default: return nil
    }
  }

  private func integer<T: FixedWidthInteger>(
    _ node: Int, _ tape: JSONTape, _ type: T.Type
  ) -> T? {
    tape.integer(node, type, takesBool: true)
  }

  private func parsed(_ text: [UInt8]) -> Value? {
    try? parseText(
      text[...], as: type.withoutNullable, style: .raw, outOfRange: .convert, in: session)
  }

  // MARK: Times, decimals, enums

  /// Seconds since 1970 as a number, or a text.
  private func time(_ node: Int, _ tape: JSONTape) -> Value? {
    switch tape.kind(node) {
    case .string: return parsed(tape.string(node))
    case .int, .uint, .double:
      let number = tape.number(node)
      guard case .dateTime64(let precision, _) = type.withoutNullable else {
        return .uint(UInt64(UInt32(clamping: Int64(exactly: number.rounded(.towardZero)) ?? .max)))
      }
      let scale = powersOfTen[Int(precision)]
      if tape.kind(node) == .int {
        return .int(TimeArithmetic.saturatingProduct(tape.int(node), scale))
      }
      return Int64(exactly: (number * Double(scale)).rounded(.towardZero)).map { .int($0) }
    default: return nil
    }
  }

  private func decimal(_ node: Int, _ tape: JSONTape) -> Value? {
    switch tape.kind(node) {
    case .string: parsed(tape.string(node))
    case .int, .uint, .double, .long: parsed(Array(tape.rawBytes(node)))
    default: nil
    }
  }

  private func enumerated(_ node: Int, _ tape: JSONTape) -> Value? {
    guard let definition = type.withoutNullable.enumDefinition else { return nil }
    switch tape.kind(node) {
    case .string:
      let name = String(decoding: tape.string(node), as: UTF8.self)
      return definition.number(named: name).map { .int(Int64($0)) }
    case .int:
      guard let number = Int16(exactly: tape.int(node)), definition.name(of: number) != nil else {
        return nil
      }
      return .int(Int64(number))
    default: return nil
    }
  }

  // MARK: Nested

  /// An array holds defaults for the elements that do not convert, unless none of them does.
  private func array(_ node: Int, _ tape: JSONTape) -> Value? {
    guard tape.kind(node) == .array else { return nil }
    var out: [Value] = []
    var isAnyValid = tape.count(node) == 0
    var element = tape.firstChild(node)
    for _ in 0..<tape.count(node) {
      let value = parts[0].value(element, tape)
      if value != nil { isAnyValid = true }
      out.append(value ?? parts[0].missing)
      element = tape.next(element)
    }
    return isAnyValid ? .array(out) : nil
  }

  /// Elements by their places; of an object by their names where the tuple has some.
  private func tuple(_ node: Int, _ tape: JSONTape) -> Value? {
    guard tape.kind(node) == .array || tape.kind(node) == .object else { return nil }
    var out: [Value] = []
    var isAnyValid = false
    for (i, part) in parts.enumerated() {
      let child: Int? =
        if tape.kind(node) == .object, let names {
          tape.child(node, named: names[i][...])
        } else {
          tape.child(node, at: i)
        }
      let value = child.flatMap { part.value($0, tape) }
      if value != nil { isAnyValid = true }
      out.append(value ?? part.missing)
    }
    return isAnyValid ? .tuple(out) : nil
  }

  private func map(_ node: Int, _ tape: JSONTape) -> Value? {
    guard tape.kind(node) == .object else { return nil }
    var out: [Value] = []
    tape.forEachMember(node) { key, member in
      out.append(
        .tuple([.bytes(tape.string(key)), parts[0].value(member, tape) ?? parts[0].missing]))
    }
    return .array(out)
  }
}
