/// Conversions that keep the value or say so: accurateCast with its kinds, and the toType...OrDefault functions, which
/// stand on them.
///
/// A number is kept where it equals the one that it becomes. Text is kept where it parses and fits.
import TickColumns
import TickFormats

extension FunctionTable {
  static let accurateCasts: [ScalarFunction] =
    [
      ScalarFunction(
        "accurateCast", .conversion, arguments: "x, 'Type'", result: "Type",
        summary: "x as a type; error 70 where the type does not hold the number.", arity: 2...2,
        traits: [.ownNulls, .mayThrow]
      ) { (call) throws(SQLError) in
        let type = try castType(call)
        let source = call.types[0].withoutNullable
        let wanted = call.types[0].isNullable ? type.madeNullable : type
        guard isNumeric(source), isNumeric(type), type != .bool else {
          return .expression(try call.builder.cast(call.arguments[0], to: wanted))
        }
        let converted = try call.builder.cast(call.arguments[0], to: wanted)
        let isKept = try call.builder.call(
          "equals", [call.arguments[0], converted], at: call.position)
        return .kernel(wanted, arguments: [converted, isKept]) { (input) throws(SQLError) in
          let marks = truth(input.operands[1], rows: input.rows)
          let valid = input.operands[0].validity
          if let row = marks.indices.first(where: { marks[$0] == 0 && valid?[$0] != 0 }),
            !(input.operands[0].isConstantNull && row == 0)
          {
            throw SQLError(
              .cannotConvertType,
              "Value in column \(source) cannot be safely converted into type \(type)")
          }
          return input.operands[0]
        }
      },
      ScalarFunction(
        "accurateCastOrNull", .conversion, arguments: "x, 'Type'", result: "Nullable(Type)",
        summary: "x as a type; NULL where the type does not hold it.", arity: 2...2,
        traits: .ownNulls
      ) { (call) throws(SQLError) in
        let type = try castType(call)
        if call.types[0].withoutNullable == .string, type.isIntegral, type != .bool {
          return parsedOrNull(call, type)
        }
        return .expression(try keptOrNull(call, type))
      },
      ScalarFunction(
        "accurateCastOrDefault", .conversion, arguments: "x, 'Type'[, default]", result: "Type",
        summary: "x as a type; the default, or the type's zero, where the type does not hold it.",
        arity: 2...3, traits: .ownNulls
      ) { (call) throws(SQLError) in
        try keptOrDefault(call, try castType(call), default: 2)
      },
    ] + plainOrDefault + zonedOrDefault + scaledOrDefault

  private static func castType(_ call: FunctionBinding) throws(SQLError) -> DataType {
    let place = call.arguments[1].position ?? call.position
    guard case .bytes(let name)? = call.constant(1), call.types[1] == .string else {
      throw SQLError(
        .illegalTypeOfArgument,
        "The second argument of \(call.name) must be the name of a type", at: place)
    }
    do throws(TypeNameError) {
      return try DataType.parse(String(decoding: name, as: UTF8.self))
    } catch {
      throw SQLError(error.code, error.message, at: place)
    }
  }

  private static func isNumeric(_ type: DataType) -> Bool { type.isIntegral || type.isFloat }

  /// x as a nullable type, NULL where that changes it.
  private static func keptOrNull(
    _ call: FunctionBinding, _ type: DataType
  ) throws(SQLError) -> BoundExpression {
    let builder = call.builder
    let x = call.arguments[0]
    let source = x.type.withoutNullable.withoutLowCardinality
    let wanted = type.madeNullable
    if source == .nothing { return builder.constant(.null, wanted, at: call.position) }
    if source == .string, type.isIntegral, type != .bool {
      let name = builder.constant(.text(type.description), .string)
      return try builder.call("accurateCastOrNull", [x, name], at: call.position)
    }
    guard isNumeric(source), isNumeric(type), type != .bool, source != type else {
      return try builder.cast(x, to: wanted)
    }
    var number = x
    if source.isFloat, type.isIntegral {
      // Infinity and NaN cannot be cast; a half can, and equals neither.
      let half = builder.constant(.float(0.5), .float64)
      number = try builder.call("ifNotFinite", [x, half], at: call.position)
    }
    let converted = try builder.cast(number, to: wanted)
    let isKept = try builder.call("equals", [x, converted], at: call.position)
    let null = builder.constant(.null, wanted, at: call.position)
    return try builder.call("if", [isKept, converted, null], at: call.position)
  }

  /// Text as an integer; NULL where it is none, or does not fit.
  private static func parsedOrNull(_ call: FunctionBinding, _ type: DataType) -> Resolution {
    let result = type.madeNullable
    let session = call.session
    return .kernel(result) { (input) throws(SQLError) in
      let operand = input.operands[0]
      if operand.isConstantNull { return .constant(.null, result) }
      let column = try TextConversion.parse(
        operand.strings, rows: input.rows, valid: nil, as: result, onFailure: .null,
        outOfRange: .refuse, in: session)
      return .column(column.masked(by: operand.validity))
    }
  }

  /// The same, with a default in the place of NULL: an argument, or the type's zero.
  private static func keptOrDefault(
    _ call: FunctionBinding, _ type: DataType, default i: Int
  ) throws(SQLError) -> Resolution {
    var otherwise = call.builder.constant(.defaultValue(of: type), type, at: call.position)
    if i < call.count {
      guard call.arguments[i].type == type else {
        throw SQLError(
          .badArguments,
          "Default value type should be same as cast type. Expected \(type). Actual "
            + "\(call.arguments[i].type)", at: call.arguments[i].position ?? call.position)
      }
      otherwise = call.arguments[i]
    }
    let kept = try keptOrNull(call, type)
    return .expression(try call.builder.call("ifNull", [kept, otherwise], at: call.position))
  }

  // MARK: toType...OrDefault

  private static let plainTargets: [DataType] = [
    .int8, .int16, .int32, .int64, .int128, .uint8, .uint16, .uint32, .uint64, .uint128, .float32,
    .float64, .date, .date32, .uuid, .ipv4, .ipv6,
  ]

  private static let plainOrDefault: [ScalarFunction] = plainTargets.map { type in
    ScalarFunction(
      "to\(type)OrDefault", .conversion, arguments: "x[, default]", result: type.description,
      summary: "x as \(type); the default, or zero, where it is none.", arity: 1...2,
      traits: .ownNulls
    ) { (call) throws(SQLError) in try keptOrDefault(call, type, default: 1) }
  }

  private static let zonedOrDefault: [ScalarFunction] = [false, true].map { isFine in
    let scale = isFine ? 1 : 0
    return ScalarFunction(
      isFine ? "toDateTime64OrDefault" : "toDateTimeOrDefault", .conversion,
      arguments: isFine ? "x, precision[, 'zone'[, default]]" : "x[, 'zone'[, default]]",
      result: isFine ? "DateTime64(precision)" : "DateTime",
      summary: "x as a time; the default, or the epoch, where it is none.",
      arity: 1 + scale...3 + scale, traits: .ownNulls
    ) { (call) throws(SQLError) in
      let zone = try zoneName(call, 1 + scale, otherwise: nil, mayBeEmpty: true)
      guard isFine else {
        return try keptOrDefault(call, .dateTime(zone: zone), default: 2)
      }
      let precision = try digits(call, 1, most: 9)
      return try keptOrDefault(
        call, .dateTime64(precision: UInt8(precision), zone: zone), default: 3)
    }
  }

  private static let scaledOrDefault: [ScalarFunction] = [(32, 9), (64, 18), (128, 38)].map {
    bits, precision in
    ScalarFunction(
      "toDecimal\(bits)OrDefault", .conversion, arguments: "x, scale[, default]",
      result: "Decimal(\(precision), scale)",
      summary: "x as a decimal; the default, or zero, where it is none.", arity: 2...3,
      traits: .ownNulls
    ) { (call) throws(SQLError) in
      let scale = try digits(call, 1, most: precision)
      return try keptOrDefault(
        call, .decimal(precision: UInt8(precision), scale: UInt8(scale)), default: 2)
    }
  }

  private static func digits(
    _ call: FunctionBinding, _ i: Int, most: Int
  ) throws(SQLError) -> Int {
    guard let digits = call.constant(i)?.int64, call.types[i].isInteger else {
      throw call.illegal(i, "a constant number of digits")
    }
    guard (0...Int64(most)).contains(digits) else {
      throw SQLError(
        .argumentOutOfBound, "\(call.name) expects from 0 to \(most) digits",
        at: call.arguments[i].position ?? call.position)
    }
    return Int(digits)
  }
}
