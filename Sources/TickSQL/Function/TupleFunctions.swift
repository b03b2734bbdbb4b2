import TickColumns

/// Tuples, and IN over lists of constants.
extension FunctionTable {
  static let tuples: [ScalarFunction] = [
    ScalarFunction(
      "tuple", .tuple, arguments: "a, b, ...", result: "Tuple(A, B, ...)",
      summary: "`(a, b)`: several values as one.", arity: 0...Int.max,
      traits: [.ownNulls, .ownCodes]
    ) { call in
      let type = DataType.tuple(call.types.map { TupleElement(type: $0) })
      return .kernel(type) { input in
        let columns = input.operands.map { $0.column(rows: input.rows) }
        return .column(Column(type, .tuple(columns, count: input.rows)))
      }
    },
    ScalarFunction(
      "untuple", .tuple, arguments: "t", result: "a column for each element",
      summary:
        "The elements of a tuple as columns of their own, `alias.name` where it has an alias; among the arguments of a function "
        + "as arguments of their own, and among keys as keys.", arity: 0...Int.max,
      traits: [.ownNulls, .ownCodes]
    ) { (call) throws(SQLError) in
      throw SQLError(
        .notImplemented,
        "untuple is not supported here: only as an item of the SELECT list, a key or an argument of a function",
        at: call.position)
    },
    ScalarFunction(
      "tupleElement", .tuple, arguments: "t, n or 'name'", result: "type of the element",
      summary: "`t.1`, `t.name`: one element, counted from 1.", arity: 2...2,
      traits: [.ownNulls, .ownCodes]
    ) { (call) throws(SQLError) in
      let isArray = call.types[0].arrayElement != nil
      guard case .tuple(let elements) = call.types[0].arrayElement ?? call.types[0] else {
        throw call.illegal(0, "a tuple")
      }
      let index: Int
      switch call.constant(1) {
      case .bytes(let name)?:
        let wanted = String(decoding: name, as: UTF8.self)
        guard let found = elements.firstIndex(where: { $0.name == wanted }) else {
          throw SQLError(
            .badArguments, "Tuple doesn't have element with name '\(wanted)'",
            at: call.arguments[1].position ?? call.position,
            hint: NearestName.hint(for: wanted, among: elements.compactMap(\.name)))
        }
        index = found
      case let number? where number.int64 != nil:
        let wanted = number.int64 ?? 0
        guard wanted >= 1, wanted <= elements.count else {
          throw SQLError(
            .argumentOutOfBound, "Tuple doesn't have element with index '\(wanted)'",
            at: call.arguments[1].position ?? call.position)
        }
        index = Int(wanted) - 1
      default: throw call.illegal(1, "a constant index or name")
      }
      let type = elements[index].type
      if isArray {
        // Of each tuple of an array.
        return .kernel(.array(type)) { input in
          let arrays = ArrayRows(.column(input.column(0))).values
          guard case .tuple(let columns, _) = arrays.elements.values else {
            return .constant(.array([]), .array(type))
          }
          return .column(
            Column(
              .array(type),
              .array(ArrayValues(offsets: arrays.offsets, elements: columns[index]))))
        }
      }
      return .kernel(type) { input in
        switch input.operands[0] {
        case .constant(.tuple(let values), _): return .constant(values[index], type)
        case .constant: return .constant(.defaultValue(of: type), type)
        case .column(let column):
          guard case .tuple(let columns, _) = column.values else {
            return .constant(.defaultValue(of: type), type)
          }
          return .column(columns[index])
        }
      }
    },
    membership(
      "in", isNegated: false, "`x IN (a, b, ...)`: 1 where x equals one of the constants."),
    membership("notIn", isNegated: true, "`x NOT IN (a, b, ...)`."),
  ]

  private static func membership(
    _ name: String, isNegated: Bool, _ summary: String
  ) -> ScalarFunction {
    ScalarFunction(
      name, .tuple, arguments: "x, (a, b, ...)", result: "UInt8",
      summary: summary + " NULL in the list matches nothing; a NULL x gives NULL.", arity: 2...2,
      traits: .ownNulls
    ) { (call) throws(SQLError) in
      let x = call.arguments[0]
      guard let list = call.constant(1) else {
        throw SQLError(
          .notImplemented, "IN supports lists of constants only",
          at: call.arguments[1].position ?? call.position)
      }
      if x.type == .nullable(.nothing) { return .constant(.null, .nullable(.nothing)) }
      let left = x.type.withoutNullable.withoutLowCardinality
      let values = try members(call, left, list)
      let set = builtSet(values, left)
      let answer = DataType.uint8
      let type = x.type.isNullable ? answer.madeNullable : answer
      let constants = call.builder.pool.constant(
        .tuple(values), .tuple(values.map { _ in TupleElement(type: left) }),
        at: call.arguments[1].position, label: call.arguments[1].label)
      return .kernel(type, arguments: [x, constants]) { input in
        let operand = input.operands[0]
        if operand.isConstantNull { return .constant(.null, type) }
        let marks = set.marks(operand.withoutNulls, rows: input.rows, isNegated: isNegated)
        let column = Column(answer, .uint8(marks))
        return .column(type.isNullable ? column.masked(by: operand.validity) : column)
      }
    }
  }

  /// The list as values of the left side's type; what that type cannot hold matches nothing and is left out.
  private static func members(
    _ call: FunctionBinding, _ left: DataType, _ list: Value
  ) throws(SQLError) -> [Value] {
    var items: [(Value, DataType)] = []
    let listType = call.arguments[1].type
    if left.elementType == nil, case .array(let values) = list, let element = listType.arrayElement
    {
      // `x IN [a, b]` is a list, too.
      items = values.map { ($0, element) }
      return try found(
        items, left, in: call.session, at: call.arguments[1].position ?? call.position)
    }
    let leftIsTuple = if case .tuple = left { true } else { false }
    if case .tuple(let values) = list, case .tuple(let elements) = listType {
      // `(1, 2) IN (1, 2)` is one tuple; `(1, 2) IN ((1, 2), (3, 4))` is two.
      let holdsTuples = elements.contains { if case .tuple = $0.type { true } else { false } }
      if leftIsTuple && !holdsTuples && !elements.isEmpty {
        items = [(list, listType)]
      } else {
        items = zip(values, elements).map { ($0, $1.type) }
      }
    } else {
      items = [(list, listType)]
    }
    return try found(items, left, in: call.session, at: call.arguments[1].position ?? call.position)
  }

  private static func found(
    _ items: [(Value, DataType)], _ left: DataType, in session: TimeZone, at place: Int?
  ) throws(SQLError) -> [Value] {
    var out: [Value] = []
    for (value, type) in items where value != .null {
      if let member = try member(value, type, left, in: session, at: place) { out.append(member) }
    }
    return out
  }

  private static func member(
    _ value: Value, _ type: DataType, _ left: DataType, in session: TimeZone, at place: Int?
  ) throws(SQLError) -> Value? {
    let type = type.withoutNullable.withoutLowCardinality
    if type == left { return value }
    switch (type, left) {
    case (.string, _) where left.isEnum:
      guard case .bytes(let bytes) = value, let definition = left.enumDefinition else { return nil }
      return definition.number(named: String(decoding: bytes, as: UTF8.self)).map {
        .int(Int64($0))
      }
    case (.fixedString, .string): return value
    case (_, .fixedString(let width)) where type == .string || type.isFixedString:
      guard case .bytes(let bytes) = value, bytes.count <= width else { return nil }
      return .bytes(bytes + Array(repeating: 0, count: width - bytes.count))
    case (.string, _):
      guard case .bytes(let bytes) = value else { return nil }
      return try TextConversion.literal(bytes, as: left, at: place, in: session)
    case (_, .string):
      guard type.isNumber else { break }
      return TextConversion.text(.constant(value, type), rows: 1, in: session).constant
    case (_, .float64) where type.isPlainNumber:
      guard let number = value.double else { return nil }
      return .float(number)
    case (_, .float32) where type.isPlainNumber:
      guard let number = value.double, Double(Float(number)) == number else { return nil }
      return .float(number)
    case _ where left.isDecimal && (type.isPlainNumber || type.isDecimal):
      return DecimalConversion.exact(value, type, as: left)
    case _ where type.isPlainNumber && (left.isIntegral || left.isEnum):
      return exactInteger(value, left)
    case (_, .dateTime) where type.isInteger: return exactInteger(value, .uint32).map { $0 }
    case _ where (type.isDateOrTime || type == .date32) && (left.isDateOrTime || left == .date32):
      return TimeArithmetic.convert(value, type, to: left, in: session)
    case (.array(.nothing), .array), (.map(.nothing, .nothing), .map): return value
    case (.array(let from), .array(let to)):
      guard case .array(let parts) = value else { break }
      var out: [Value] = []
      for part in parts {
        if part == .null {
          guard to.isNullable else { return nil }
          out.append(.null)
          continue
        }
        guard
          let element = try member(
            part, from, to.withoutNullable, in: session, at: place)
        else {
          return nil
        }
        out.append(element)
      }
      return .array(out)
    case (.tuple(let from), .tuple(let to)):
      guard case .tuple(let parts) = value, from.count == to.count else { break }
      var out: [Value] = []
      for i in parts.indices {
        guard parts[i] != .null,
          let part = try member(
            parts[i], from[i].type, to[i].type.withoutNullable, in: session, at: place)
        else { return nil }
        out.append(part)
      }
      return .tuple(out)
    default: break
    }
    throw SQLError(
      .typeMismatch, "Type mismatch in IN: \(left) on the left and \(type) on the right",
      at: place)
  }

  /// The number in an integer type, when it is exactly there.
  static func exactInteger(_ value: Value, _ type: DataType) -> Value? {
    let whole: Int128
    switch value {
    case .int(let n): whole = Int128(n)
    case .uint(let n): whole = Int128(n)
    case .int128(let n): whole = n
    case .uint128(let n):
      if type == .uint128 { return value }
      guard let n = Int128(exactly: n) else { return nil }
      whole = n
    case .float(let x):
      guard let n = Int128(exactly: x) else { return nil }
      whole = n
    default: return nil
    }
    if type == .int128 { return .int128(whole) }
    if type == .uint128 { return whole < 0 ? nil : .uint128(UInt128(whole)) }
    let isSigned = type.isSignedInteger || type.isEnum
    let bits = type.isEnum ? type.rawNumber.numberBits : type.numberBits
    let low: Int128 = isSigned ? -(Int128(1) << (bits - 1)) : 0
    let high: Int128 = isSigned ? (Int128(1) << (bits - 1)) - 1 : (Int128(1) << bits) - 1
    guard whole >= low, whole <= high else { return nil }
    return isSigned ? .int(Int64(whole)) : .uint(UInt64(whole))
  }

  private static func builtSet(_ values: [Value], _ type: DataType) -> ConstantSet {
    switch type.physical {
    case .string, .codes:
      return .strings(
        Set(values.compactMap { if case .bytes(let bytes) = $0 { bytes } else { nil } }))
    case .float64: return .doubles(Set(values.compactMap(\.double)))
    case .tuple, .array, .int128, .uint128, .float32, .nothing: return .boxed(Set(values))
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64:
      let numbers = values.map(\.wrappedInt64)
      return numbers.count <= 8 ? .few(Array(Set(numbers))) : .integers(Set(numbers))
    }
  }
}

/// The right side of IN, ready for lookups.
private enum ConstantSet: Sendable {
  case few([Int64])
  case integers(Set<Int64>)
  case doubles(Set<Double>)
  case strings(Set<[UInt8]>)
  case boxed(Set<Value>)

  func marks(_ operand: KernelValue, rows: Int, isNegated: Bool) -> [UInt8] {
    let found: UInt8 = isNegated ? 0 : 1
    switch self {
    case .few(let few):
      var out = [UInt8](repeating: 1 - found, count: rows)
      let numbers = operand.integers(Int64.self).map(rows: rows) { $0 }
      for number in few {
        for row in 0..<rows where numbers[row] == number { out[row] = found }
      }
      return out
    case .integers(let set):
      return operand.integers(Int64.self).map(rows: rows) { set.contains($0) ? found : 1 - found }
    case .doubles(let set):
      return operand.doubles().map(rows: rows) { set.contains($0) ? found : 1 - found }
    case .strings(let set):
      let strings = operand.strings
      return (0..<rows).map { set.contains(Array(strings[$0])) ? found : 1 - found }
    case .boxed(let set):
      let column = operand.column(rows: rows)
      return (0..<rows).map { set.contains(column.value(at: $0)) ? found : 1 - found }
    }
  }
}

/// About the query and the server, and tools for tests.
extension FunctionTable {
  static let server: [ScalarFunction] = [
    ScalarFunction(
      "toTypeName", .server, arguments: "x", result: "String",
      summary: "The name of the type of x.", arity: 1...1, traits: [.ownNulls, .ownCodes]
    ) { call in .constant(.text(call.types[0].description), .string) },
    fact("version", "The version of ClickHouse whose dialect is spoken.") {
      .constant(.text($0.clickHouseVersion), .string)
    },
    fact("revision", "The protocol revision of that version.") {
      .constant(.uint(UInt64($0.revision)), .uint32)
    },
    fact(
      "currentDatabase", "The database of unqualified names.", ["database", "DATABASE", "SCHEMA"]
    ) {
      .constant(.text($0.currentDatabase), .string)
    },
    fact("currentUser", "The user of the session.", ["user"]) {
      .constant(.text($0.user), .string)
    },
    fact("hostName", "The name of the server.", ["hostname"]) {
      .constant(.text($0.hostName), .string)
    },
    ScalarFunction(
      "serverUUID", .server, arguments: "", result: "UUID",
      summary: "The UUID of the data directory, the same as long as there is one.", arity: 0...0
    ) { call in .constant(.uint128(call.builder.context.serverUUID), .uuid) },
    ScalarFunction(
      "tcpPort", .server, arguments: "", result: "UInt16",
      summary: "0: ClickHouse's own protocol is not spoken, so it has no port.", arity: 0...0
    ) { _ in .constant(.uint(0), .uint16) },
    fact("timezone", "The time zone of times without one.", ["timeZone"]) {
      .constant(.text($0.sessionZone.name), .string)
    },
    fact("serverTimezone", "The server's time zone.", ["serverTimeZone"]) { _ in
      .constant(.text(TimeZone.utc.name), .string)
    },
    ScalarFunction(
      "materialize", .server, arguments: "x", result: "type of x",
      summary: "x, but no longer a constant.", arity: 1...1,
      traits: [.ownNulls, .ownCodes, .perRow]
    ) { call in
      .kernel(call.types[0]) { input in .column(input.column(0)) }
    },
    ScalarFunction(
      "identity", .server, arguments: "x", result: "type of x", summary: "x.", arity: 1...1,
      traits: [.ownNulls, .ownCodes]
    ) { call in .expression(call.arguments[0]) },
    ScalarFunction(
      "throwIf", .server, arguments: "condition[, 'message']", result: "UInt8",
      summary: "Error 395 for the first row where the condition holds; 0 otherwise.", arity: 1...2,
      traits: [.mayThrow, .perRow]
    ) { (call) throws(SQLError) in
      guard call.types[0].isNumber else { throw call.illegal(0, "a number") }
      var message = "Value passed to 'throwIf' function is non-zero"
      if call.count == 2 {
        guard case .bytes(let bytes)? = call.constant(1) else {
          throw call.illegal(1, "a constant string")
        }
        message = String(decoding: bytes, as: UTF8.self)
      }
      let text = message
      return .kernel(.uint8) { (input) throws(SQLError) in
        if truth(input.operands[0], rows: input.rows).contains(1) {
          throw SQLError(.functionThrowIfValueIsNonZero, text)
        }
        return .column(.uint8, [UInt8](repeating: 0, count: input.rows))
      }
    },
  ]

  private static func fact(
    _ name: String, _ summary: String, _ aliases: [String] = [],
    _ value: @escaping @Sendable (QueryContext) -> Resolution
  ) -> ScalarFunction {
    ScalarFunction(
      name, .server, arguments: "", result: name == "revision" ? "UInt32" : "String",
      summary: summary, arity: 0...0, aliases: aliases
    ) { call in value(call.builder.context) }
  }
}
