import TickColumns
import TickFormats

/// CAST and the toType functions.
///
/// Numbers wrap into smaller integers, doubles are cut toward zero, times clamp to the range of the target, and
/// text is parsed by the rules of the formats.
extension FunctionTable {
  static let conversion: [ScalarFunction] =
    [castFunction] + integerTargets.map { toType("to\($0)", $0) } + [
      toType("toFloat64", .float64), toType("toFloat32", .float32), toType("toBool", .bool),
      toType("toDate32", .date32), toType("toUUID", .uuid), toType("toIPv4", .ipv4),
      toType("toIPv6", .ipv6), toText, lowCardinality, toTime("toDate", nil),
      toTime("toDateTime", nil), toDateTime64,
    ] + orFamilies

  private static let integerTargets: [DataType] = [
    .int8, .int16, .int32, .int64, .int128, .uint8, .uint16, .uint32, .uint64, .uint128,
  ]

  private static let castFunction = ScalarFunction(
    "CAST", .conversion, arguments: "x, 'Type'", result: "Type",
    summary:
      "`CAST(x AS Type)`, `x::Type`. NULL needs a Nullable type; text that does not parse is NULL in a "
      + "Nullable type and an error otherwise.", arity: 2...2, aliases: ["_CAST"], anyCase: true,
    traits: [.ownNulls, .mayThrow]
  ) { (call) throws(SQLError) in
    guard case .bytes(let name)? = call.constant(1) else {
      throw SQLError(
        .illegalTypeOfArgument, "The second argument of CAST must be the name of a type",
        at: call.arguments[1].position ?? call.position)
    }
    let type: DataType
    do throws(TypeNameError) {
      type = try DataType.parse(String(decoding: name, as: UTF8.self))
    } catch {
      throw SQLError(error.code, error.message, at: call.arguments[1].position ?? call.position)
    }
    return try convert(call, to: type)
  }

  private static func toType(_ name: String, _ type: DataType) -> ScalarFunction {
    ScalarFunction(
      name, .conversion, arguments: "x", result: type.description,
      summary: "x as \(type).", arity: 1...1, traits: .mayThrow
    ) { (call) throws(SQLError) in
      // A Bool from a Float64 and the like keep to one path with CAST.
      try convertPlain(call, to: type)
    }
  }

  private static let toText = ScalarFunction(
    "toString", .conversion, arguments: "x[, 'zone']", result: "String",
    summary: "The text of x as TabSeparated shows it, without escapes; of a time in that zone.",
    arity: 1...2
  ) { (call) throws(SQLError) in
    guard call.count == 2 else {
      if call.types[0] == .string { return .expression(call.arguments[0]) }
      if call.types[0].isFixedString { return try convertPlain(call, to: .string) }
      let session = call.session
      return .kernel(.string) { input in
        TextConversion.text(input.operands[0], rows: input.rows, in: session)
      }
    }
    guard call.types[0].isTime else {
      throw SQLError(
        .numberOfArgumentsDoesntMatch,
        "Function toString takes a time zone only with a DateTime or DateTime64", at: call.position)
    }
    let zoned = try call.builder.call("toTimeZone", call.arguments, at: call.position)
    return .expression(try call.builder.call("toString", [zoned], at: call.position))
  }

  private static let lowCardinality = ScalarFunction(
    "toLowCardinality", .conversion, arguments: "x", result: "LowCardinality(String)",
    summary: "A string column as codes into a dictionary.", arity: 1...1,
    traits: [.ownNulls, .ownCodes]
  ) { (call) throws(SQLError) in
    let type = call.types[0]
    if case .lowCardinality = type { return .expression(call.arguments[0]) }
    guard type.withoutNullable == .string else {
      throw SQLError(
        .notImplemented, "LowCardinality(\(type)) is not supported yet", at: call.position)
    }
    return .expression(try call.builder.cast(call.arguments[0], to: .lowCardinality(type)))
  }

  private static func toTime(_ name: String, _ zone: String?) -> ScalarFunction {
    let isDate = name == "toDate"
    return ScalarFunction(
      name, .conversion, arguments: "x[, 'zone']", result: isDate ? "Date" : "DateTime",
      summary: isDate
        ? "x as a date: from text, from days (up to 65535) or seconds since 1970, or the day of a time."
        : "x as a time in seconds: from text, from seconds since 1970, from a date or a finer time.",
      arity: 1...2, aliases: isDate ? ["DATE"] : [], aliasesAnyCase: true, traits: .mayThrow
    ) { (call) throws(SQLError) in
      let zone = try zoneName(
        call, 1, otherwise: TimeArithmetic.zone(of: call.types[0]), mayBeEmpty: true)
      return try convertPlain(
        call, to: isDate ? .date : .dateTime(zone: zone), datesIn: zone.flatMap { .named($0) })
    }
  }

  private static let toDateTime64 = ScalarFunction(
    "toDateTime64", .conversion, arguments: "x, precision[, 'zone']",
    result: "DateTime64(precision)", summary: "x as a time in 10^-precision seconds.",
    arity: 2...3, traits: .mayThrow
  ) { (call) throws(SQLError) in
    let precision = try precision(call, 1)
    let zone = try zoneName(
      call, 2, otherwise: TimeArithmetic.zone(of: call.types[0]), mayBeEmpty: true)
    return try convertPlain(call, to: .dateTime64(precision: precision, zone: zone))
  }

  private static func precision(_ call: FunctionBinding, _ i: Int) throws(SQLError) -> UInt8 {
    guard let precision = call.constant(i)?.int64, precision >= 0 else {
      throw SQLError(
        .illegalTypeOfArgument, "\(call.name) expects a constant precision from 0 to 9",
        at: call.arguments[i].position ?? call.position)
    }
    guard precision <= 9 else {
      throw SQLError(
        .argumentOutOfBound,
        "Scale \(precision) is too large for DateTime64. Maximum is up to nanoseconds (9)",
        at: call.arguments[i].position ?? call.position)
    }
    return UInt8(precision)
  }

  /// toInt32OrZero, toDateOrNull and their kind.
  private static let orFamilies: [ScalarFunction] =
    (integerTargets
    + [.float64, .float32, .date, .date32, .dateTime(zone: nil), .uuid, .ipv4, .ipv6]).flatMap {
      type in
      [("OrZero", ParseFailureRule.zero), ("OrNull", .null)].map { suffix, rule in
        let result = rule == .null ? type.madeNullable : type
        return ScalarFunction(
          "to\(type)\(suffix)", .conversion, arguments: "text", result: result.description,
          summary:
            "Text as \(type), or \(rule == .null ? "NULL" : "the zero value") where it does not parse.",
          arity: 1...(type == .dateTime(zone: nil) ? 2 : 1), traits: .ownNulls
        ) { (call) throws(SQLError) in
          if result == .date32 {
            // ClickHouse's zero is the first day of the old range here, and 1970 elsewhere.
            let parsed = try call.builder.call("toDate32OrNull", call.arguments, at: call.position)
            let first = call.builder.constant(.int(-25_567), .date32)
            return .expression(
              try call.builder.call("ifNull", [parsed, first], at: call.position))
          }
          guard call.count == 2 else { return try parseOr(call, result, rule) }
          let zone = try zoneName(call, 1, otherwise: nil, mayBeEmpty: true)
          let zoned = DataType.dateTime(zone: zone)
          return try parseOr(call, rule == .null ? zoned.madeNullable : zoned, rule)
        }
      }
    }
    + [("OrZero", ParseFailureRule.zero), ("OrNull", .null)].map { suffix, rule in
      ScalarFunction(
        "toDateTime64\(suffix)", .conversion, arguments: "text, precision",
        result: rule == .null ? "Nullable(DateTime64(precision))" : "DateTime64(precision)",
        summary:
          "Text as DateTime64, or \(rule == .null ? "NULL" : "the epoch") where it does not parse.",
        arity: 2...3, traits: .ownNulls
      ) { (call) throws(SQLError) in
        let type = DataType.dateTime64(
          precision: try precision(call, 1),
          zone: try zoneName(call, 2, otherwise: nil, mayBeEmpty: true))
        return try parseOr(call, rule == .null ? type.madeNullable : type, rule)
      }
    }

  static func parseOr(
    _ call: FunctionBinding, _ type: DataType, _ rule: ParseFailureRule
  ) throws(SQLError) -> Resolution {
    if call.types[0] == .nullable(.nothing) { return .constant(.null, .nullable(.nothing)) }
    guard call.types[0].withoutNullable == .string else { throw call.illegal(0, "String") }
    let result = call.types[0].isNullable ? type.madeNullable : type
    let session = call.session
    return .kernel(result) { (input) throws(SQLError) in
      let operand = input.operands[0]
      if operand.isConstantNull { return .constant(.null, result) }
      let column = try TextConversion.parse(
        operand.strings, rows: input.rows, valid: nil, as: type, onFailure: rule, in: session)
      return .column(result.isNullable ? column.masked(by: operand.validity) : column)
    }
  }

  // MARK: The two frames

  /// For functions where NULL in gives NULL out: the framework has taken the NULLs away.
  static func convertPlain(
    _ call: FunctionBinding, to type: DataType, datesIn zone: TimeZone? = nil
  ) throws(SQLError) -> Resolution {
    let from = call.types[0]
    if from == type { return .expression(call.arguments[0]) }
    let conversion = try Conversion(
      from, to: type, datesIn: zone, in: call.session, at: call.position)
    return .kernel(type, mayThrow: conversion.mayThrow) { (input) throws(SQLError) in
      try conversion.run(input.operands[0], rows: input.rows, valid: input.valid)
    }
  }

  /// For CAST: the target says whether NULL may stand.
  private static func convert(
    _ call: FunctionBinding, to type: DataType
  ) throws(SQLError) -> Resolution {
    let from = call.types[0]
    // A time without a zone of its own keeps the one it had.
    var type = type
    if let zone = TimeArithmetic.zone(of: from.withoutNullable) {
      if type == .dateTime(zone: nil) { type = .dateTime(zone: zone) }
      if case .dateTime64(let precision, nil) = type {
        type = .dateTime64(precision: precision, zone: zone)
      }
    }
    if call.arguments[0].type == type { return .expression(call.arguments[0]) }
    let target = type
    guard from != .nullable(.nothing) else {
      guard target.isNullable else {
        throw SQLError(
          .cannotConvertType, "Cannot convert NULL to a non-nullable type", at: call.position)
      }
      return .constant(.null, target)
    }
    let plain = target.withoutNullable
    let parsesToNull =
      target.isNullable && from.withoutNullable == .string
      && plain.withoutLowCardinality != .string
    let conversion = try Conversion(
      from.withoutNullable, to: plain, parsesToNull: parsesToNull, in: call.session,
      at: call.position)
    let mayThrow = conversion.mayThrow || (from.isNullable && !target.isNullable)
    return .kernel(target, mayThrow: mayThrow) { (input) throws(SQLError) in
      let operand = input.operands[0]
      if operand.isConstantNull || (operand.validity?.contains(0) ?? false), !target.isNullable {
        throw SQLError(
          .cannotInsertNullInOrdinaryColumn, "Cannot convert NULL value to non-Nullable type")
      }
      if operand.isConstantNull { return .constant(.null, target) }
      let valid = operand.validity
      let result = try conversion.run(operand.withoutNulls, rows: input.rows, valid: valid)
      guard target.isNullable else { return result }
      switch result {
      case .constant(let value, _): return .constant(value, target)
      case .column(let column):
        return .column(column.masked(by: valid).relabelled(target))
      }
    }
  }
}

extension Column {
  func relabelled(_ type: DataType) -> Column {
    Column(type, values, validity: validity)
  }
}

/// One conversion between two plain types (no NULL; the target may be low cardinality), settled when it is
/// bound.
struct Conversion: Sendable {
  let from: DataType
  let to: DataType
  let step: Step
  let parsesToNull: Bool
  /// The zone whose days a time or a number of seconds is cut into.
  let zone: TimeZone
  /// The zone of times whose type names none.
  let session: TimeZone

  indirect enum Step: Sendable {
    case relabel
    case parse
    case text
    case encode
    case integers
    case doubleToInteger
    case toDouble
    case toBool
    case toEnum(EnumDefinition)
    case timeToInteger
    /// Between decimals and numbers.
    case decimal
    /// Without the zero bytes at the end, then as a string.
    case fromFixedString(Conversion)
    /// Between IPv4 and IPv6.
    case address
    case toFloat32
    case toDate32
    case toDate
    case toDateTime
    case toDateTime64
    case tuple([ElementConversion])
    /// Of an array or a map.
    case elements(ElementConversion)
    case viaText(DataType)
  }

  init(
    _ from: DataType, to: DataType, parsesToNull: Bool = false, datesIn zone: TimeZone? = nil,
    in session: TimeZone, at place: Int?
  ) throws(SQLError) {
    self.from = from
    self.to = to
    self.zone = zone ?? from.timeZone(in: session)
    self.session = session
    self.parsesToNull = parsesToNull
    step = try Self.step(from, to, in: session, at: place)
  }

  /// True when some rows can fail.
  var mayThrow: Bool {
    switch step {
    case .parse: !parsesToNull
    case .doubleToInteger, .toEnum, .timeToInteger, .decimal: true
    case .viaText: false
    case .address: to == .ipv4
    case .fromFixedString(let rest): rest.mayThrow
    case .tuple(let parts): parts.contains(where: \.mayThrow)
    case .elements(let part): part.mayThrow
    default: false
    }
  }

  private static func step(
    _ from: DataType, _ to: DataType, in session: TimeZone, at place: Int?
  ) throws(SQLError) -> Step {
    let isInteger = { (type: DataType) in type.isIntegral }
    let isTime = { (type: DataType) in type.isDateOrTime || type == .date32 }
    switch (from, to) {
    case _ where from == to: return .relabel
    case (.tuple(let a), .tuple(let b)):
      guard a.count == b.count else { break }
      var parts: [ElementConversion] = []
      for (x, y) in zip(a, b) {
        parts.append(try ElementConversion(x.type, to: y.type, in: session, at: place))
      }
      return .tuple(parts)
    case _ where from.elementType != nil && to.elementType != nil:
      guard let x = from.elementType, let y = to.elementType else { break }
      return .elements(try ElementConversion(x, to: y, in: session, at: place))
    case (.fixedString(let width), .fixedString(let wanted)):
      guard width <= wanted else {
        throw SQLError(.tooLargeStringSize, "String too long for type \(to)", at: place)
      }
      return .fromFixedString(try Conversion(.string, to: to, in: session, at: place))
    case (.fixedString, _):
      return .fromFixedString(try Conversion(.string, to: to, in: session, at: place))
    case (.aggregateFunction, .string): return .relabel
    case (.aggregateFunction, _):
      throw SQLError(
        .cannotConvertType, "Conversion from \(from) to \(to) is not supported", at: place)
    case (_, .aggregateFunction) where from != .string:
      throw SQLError(
        .cannotConvertType, "Conversion from \(from) to \(to) is not supported", at: place)
    case (_, .string): return .text
    case (_, .fixedString) where from != .string:
      throw SQLError(
        .notImplemented, "Conversion from \(from) to \(to): only strings become fixed strings",
        at: place)
    case (.uuid, .uint128), (.ipv6, .uint128): return .integers
    case (.ipv4, _) where to == .uint32 || to == .uint64: return .integers
    case (.ipv4, _) where to.isPlainNumber:
      throw SQLError(
        .notImplemented, "Conversion from \(from) to \(to) is not supported", at: place)
    case (_, .ipv4) where from.isInteger: return .integers
    case (.ipv4, .ipv6), (.ipv6, .ipv4): return .address
    case (.string, .lowCardinality): return .encode
    case (_, .lowCardinality): return .viaText(to)
    case (.string, .interval): throw refusal(from, to, place)
    case (.string, _): return .parse
    case (_, .bool) where from.isPlainNumber || from.isDecimal: return .toBool
    case (_, _) where from.isFloat && isInteger(to): return .doubleToInteger
    case (.dateTime64, _) where isInteger(to) && to != .bool: return .timeToInteger
    case (_, _) where isInteger(from) && isInteger(to): return .integers
    case (_, _)
    where (isTime(from) || from.isEnum || from.isInterval) && isInteger(to) && to != .bool:
      return .integers
    case (_, .interval) where isInteger(from): return .integers
    case (.decimal, _) where from.isDecimal && (isInteger(to) || to.isFloat || to.isDecimal):
      return .decimal
    case (_, .decimal) where from.isPlainNumber: return .decimal
    case (.decimal, .dateTime64), (.dateTime64, .decimal): return .decimal
    case (.decimal, _) where isTime(to), (_, .decimal) where isTime(from):
      throw SQLError(.illegalColumn, "Conversion from \(from) to \(to) is not supported", at: place)
    case (_, .float64) where from.isPlainNumber || isTime(from) || from.isEnum || from.isInterval:
      return .toDouble
    case (_, .float32) where from.isPlainNumber || isTime(from) || from.isEnum || from.isInterval:
      return .toFloat32
    case (_, _) where to.isEnum && (from.isPlainNumber || from.isDecimal || from.isEnum):
      guard let definition = to.enumDefinition, from.isInteger || from == .bool || from.isEnum
      else {
        throw SQLError(
          .cannotConvertType, "Conversion from \(from) to \(to) is not supported", at: place)
      }
      for entry in from.enumDefinition?.entries ?? [] {
        guard let number = definition.number(named: entry.name), number != entry.number else {
          continue
        }
        throw SQLError(
          .cannotConvertType,
          "Enum conversion changes value for element '\(entry.name)' from \(entry.number) to "
            + "\(number)", at: place)
      }
      return .toEnum(definition)
    case (_, .date) where from.isPlainNumber || isTime(from): return .toDate
    case (_, .date32) where from.isPlainNumber || isTime(from): return .toDate32
    case (_, .dateTime) where from.isPlainNumber || isTime(from): return .toDateTime
    case (_, .dateTime64) where from.isPlainNumber || isTime(from): return .toDateTime64
    default: break
    }
    throw refusal(from, to, place)
  }

  private static func refusal(_ from: DataType, _ to: DataType, _ place: Int?) -> SQLError {
    SQLError(.illegalTypeOfArgument, "Conversion from \(from) to \(to) is not supported", at: place)
  }

  func run(_ operand: KernelValue, rows: Int, valid: [UInt8]?) throws(SQLError) -> KernelValue {
    switch step {
    case .relabel: return operand.relabelled(to)
    case .text: return TextConversion.text(operand, rows: rows, in: session)
    case .parse:
      return .column(
        try TextConversion.parse(
          operand.strings, rows: rows, valid: valid, as: parsesToNull ? to.madeNullable : to,
          onFailure: parsesToNull ? .null : .throw, in: session))
    case .encode:
      if case .constant(let value, _) = operand { return .constant(value, to) }
      return .column(encoded(operand.column(rows: rows)))
    case .viaText:
      let text = TextConversion.text(operand, rows: rows, in: session)
      if case .constant(let value, _) = text { return .constant(value, to) }
      return .column(encoded(text.column(rows: rows)))
    case .integers: return FunctionTable.convertIntegers(operand, to: to, rows: rows)
    case .doubleToInteger: return try integers(operand, rows: rows, valid: valid)
    case .toDouble:
      guard case .dateTime64 = from else {
        return .column(.float64, operand.doubles().map(rows: rows) { $0 })
      }
      let scale = Double(TimeArithmetic.ticksPerSecond(from))
      return .column(.float64, operand.doubles().map(rows: rows) { $0 / scale })
    case .decimal: return try decimal(operand, rows: rows, valid: valid)
    case .fromFixedString(let rest):
      return try rest.run(FixedStrings.trimmed(operand, rows: rows), rows: rows, valid: valid)
    case .address: return try Addresses.convert(operand, to: to, rows: rows, valid: valid)
    case .toFloat32:
      let doubles = try Conversion(from, to: .float64, in: session, at: nil).run(
        operand, rows: rows, valid: valid)
      return .column(.float32, doubles.doubles().map(rows: rows) { Float($0) })
    case .toDate32: return date32(operand, rows: rows)
    case .toBool:
      return .column(.bool, truth(operand, rows: rows).map { $0 != 0 ? 1 : 0 as UInt8 })
    case .toEnum(let definition):
      let numbers = operand.integers(Int64.self).map(rows: rows) { $0 }
      return try enums(definition, numbers, valid: valid)
    case .timeToInteger: return try seconds(operand, rows: rows, valid: valid)
    case .toDate: return date(operand, rows: rows)
    case .toDateTime: return dateTime(operand, rows: rows)
    case .toDateTime64: return dateTime64(operand, rows: rows)
    case .tuple(let parts):
      guard case .tuple(let columns, let count) = operand.column(rows: rows).values,
        case .tuple = to
      else { return operand.relabelled(to) }
      var out: [Column] = []
      for (column, part) in zip(columns, parts) { out.append(try part.run(column)) }
      return .column(Column(to, .tuple(out, count: count)))
    case .elements(let part):
      guard case .array(let arrays) = operand.column(rows: rows).values else {
        return operand.relabelled(to)
      }
      let elements = try part.run(arrays.elements)
      return .column(
        Column(to, .array(ArrayValues(offsets: arrays.offsets, elements: elements))))
    }
  }

  private func encoded(_ column: Column) -> Column {
    guard case .string(let strings) = column.values else { return column }
    var builder = DictionaryBuilder(reserving: strings.count)
    for row in 0..<strings.count { builder.append(strings[row]) }
    return Column(to, builder.finish())
  }

  private func enums(
    _ definition: EnumDefinition, _ numbers: [Int64], valid: [UInt8]?
  ) throws(SQLError) -> KernelValue {
    var out = [Int16](repeating: 0, count: numbers.count)
    for row in numbers.indices where valid?[row] != 0 {
      guard let number = Int16(exactly: numbers[row]), definition.name(of: number) != nil else {
        throw SQLError(.unknownElementOfEnum, "Unexpected value \(numbers[row]) in enum")
      }
      out[row] = number
    }
    if to.physical == .int16 { return .column(to, out) }
    // The names of an Enum8 have numbers of 8 bits.
    return .column(to, out.map { Int8(truncatingIfNeeded: $0) })
  }

  // MARK: Decimals

  private func decimal(
    _ operand: KernelValue, rows: Int, valid: [UInt8]?
  ) throws(SQLError) -> KernelValue {
    if from.isFloat {
      return try DecimalConversion.fromFloat(operand, to, rows: rows, valid: valid)
    }
    if to.isFloat { return DecimalConversion.toFloat(operand, from, to, rows: rows) }
    if from.isDecimal, to.isIntegral {
      return try DecimalConversion.toInteger(operand, from, to, rows: rows, valid: valid)
    }
    return try DecimalConversion.rescaled(operand, from, to, rows: rows, valid: valid)
  }

  // MARK: Doubles to integers

  private func integers(
    _ operand: KernelValue, rows: Int, valid: [UInt8]?
  ) throws(SQLError) -> KernelValue {
    let values = operand.doubles().map(rows: rows) { $0 }
    if to.isWideInteger { return try wideIntegers(values, valid: valid) }
    var out = [Int64](repeating: 0, count: rows)
    for row in 0..<rows where valid?[row] != 0 {
      let value = values[row]
      guard value.isFinite else {
        throw SQLError(.cannotConvertType, "Unexpected inf or nan to integer conversion")
      }
      out[row] = cut(value)
    }
    return FunctionTable.convertIntegers(.column(.int64, out), to: to, rows: rows)
  }

  /// Toward zero, to the nearest end where 128 bits do not hold it.
  private func wideIntegers(
    _ values: [Double], valid: [UInt8]?
  ) throws(SQLError) -> KernelValue {
    var out = [Int128](repeating: 0, count: values.count)
    for row in values.indices where valid?[row] != 0 {
      let value = values[row]
      guard value.isFinite else {
        throw SQLError(.cannotConvertType, "Unexpected inf or nan to integer conversion")
      }
      let whole = value.rounded(.towardZero)
      out[row] =
        Int128(exactly: whole) ?? UInt128(exactly: whole).map { Int128(truncatingIfNeeded: $0) }
        ?? (whole < 0 ? .min : .max)
    }
    return FunctionTable.convertIntegers(.column(.int128, out), to: to, rows: values.count)
  }

  /// Toward zero; what does not fit gives the least number of the width the machine converts in, as in
  /// ClickHouse: 32 bits for targets up to Int32, 64 bits above.
  private func cut(_ value: Double) -> Int64 {
    let whole = value.rounded(.towardZero)
    switch to {
    case .int8, .int16, .int32, .uint8, .uint16: return Int64(Int32(exactly: whole) ?? .min)
    case .uint64:
      if let signed = Int64(exactly: whole) { return signed }
      return UInt64(exactly: whole).map { Int64(bitPattern: $0) } ?? .min
    default: return Int64(exactly: whole) ?? .min
    }
  }

  // MARK: Times

  private func seconds(
    _ operand: KernelValue, rows: Int, valid: [UInt8]?
  ) throws(SQLError) -> KernelValue {
    let scale = TimeArithmetic.ticksPerSecond(from)
    // The fraction is cut toward zero.
    let whole = operand.integers(Int64.self).map(rows: rows) { $0 / scale }
    let bits = to.numberBits
    for row in 0..<rows where valid?[row] != 0 {
      let fits =
        to.isSignedInteger
        ? bits >= 64 || whole[row] == (whole[row] << (64 - bits)) >> (64 - bits)
        : whole[row] >= 0 && (bits >= 64 || whole[row] >> bits == 0)
      guard fits else { throw SQLError(.decimalOverflow, "Convert overflow") }
    }
    return FunctionTable.convertIntegers(.column(.int64, whole), to: to, rows: rows)
  }

  /// Whole numbers of a numeric source, at the ends of Int64 where they do not fit.
  private func wholeNumbers(_ operand: KernelValue, rows: Int) -> [Int64] {
    switch from {
    case .int128: operand.integers(Int128.self).map(rows: rows) { Int64(clamping: $0) }
    case .uint128: operand.integers(UInt128.self).map(rows: rows) { Int64(clamping: $0) }
    case .float32, .float64:
      operand.doubles().map(rows: rows) { value in
        Int64(exactly: value.rounded(.towardZero)) ?? (value > 0 ? .max : .min)
      }
    case .uint64: operand.integers(UInt64.self).map(rows: rows) { Int64(clamping: $0) }
    default: operand.integers(Int64.self).map(rows: rows) { $0 }
    }
  }

  private func date(_ operand: KernelValue, rows: Int) -> KernelValue {
    let numbers = wholeNumbers(operand, rows: rows)
    let out: [UInt16]
    switch from {
    case .date32: out = numbers.map { UInt16(clamping: $0) }
    case .dateTime, .dateTime64:
      out = FunctionTable.runs(.array(numbers), rows) { tick in
        let found = TimeArithmetic.day(around: tick, from, in: zone)
        return (UInt16(clamping: found.day), found.span)
      }
    default:
      // Up to 65535 a number counts days, above it seconds.
      out = numbers.map { n in
        if n <= 0 { return 0 }
        return n <= 65_535
          ? UInt16(n) : UInt16(clamping: zone.day(at: min(n, Int64(UInt32.max))))
      }
    }
    return .column(to, out)
  }

  private func date32(_ operand: KernelValue, rows: Int) -> KernelValue {
    let days = TimeArithmetic.date32Days
    let numbers = wholeNumbers(operand, rows: rows)
    let isTime = from.isDateOrTime && from != .date
    return .column(
      to,
      numbers.map { n -> Int32 in
        let day: Int64
        if isTime {
          day = TimeArithmetic.day(around: n, from, in: zone).day
        } else {
          // Up to the last day a number counts days, above it seconds.
          day =
            n > days.upperBound && from != .date
            ? zone.day(at: min(n, TimeArithmetic.lastSecond)) : n
        }
        return Int32(min(max(day, days.lowerBound), days.upperBound))
      })
  }

  private func dateTime(_ operand: KernelValue, rows: Int) -> KernelValue {
    let numbers = wholeNumbers(operand, rows: rows)
    let scale = TimeArithmetic.ticksPerSecond(from)
    let isDate = from.isDay
    let clock = to.timeZone(in: session)
    return .column(
      to,
      numbers.map { n in
        UInt32(clamping: isDate ? clock.start(ofDay: n) : n.floorDivided(by: scale))
      })
  }

  private func dateTime64(_ operand: KernelValue, rows: Int) -> KernelValue {
    let scale = TimeArithmetic.ticksPerSecond(to)
    if from.isFloat {
      let factor = Double(scale)
      return .column(
        to,
        operand.doubles().map(rows: rows) { value -> Int64 in
          let ticks = (value * factor).rounded(.towardZero)
          return Int64(exactly: ticks) ?? (ticks > 0 ? .max : ticks < 0 ? .min : 0)
        })
    }
    if case .dateTime64 = from {
      let fromScale = TimeArithmetic.ticksPerSecond(from)
      let up = max(1, scale / fromScale)
      let down = max(1, fromScale / scale)
      return .column(
        to,
        operand.integers(Int64.self).map(rows: rows) {
          TimeArithmetic.saturatingProduct($0, up) / down
        })
    }
    // Seconds beyond the year 9999 stop at its end, as in ClickHouse.
    let last = TimeArithmetic.lastSecond
    let isDate = from.isDay
    let clock = to.timeZone(in: session)
    return .column(
      to,
      wholeNumbers(operand, rows: rows).map { n -> Int64 in
        let seconds = isDate ? clock.start(ofDay: n) : n
        let ticks = TimeArithmetic.saturatingProduct(min(seconds, last), scale)
        guard seconds > last else { return ticks }
        let (end, overflow) = ticks.addingReportingOverflow(scale - 1)
        return overflow ? .max : end
      })
  }
}

extension DataType {
  var isEnum: Bool { enumDefinition != nil }
  var isInterval: Bool { if case .interval = self { true } else { false } }
}
