import TickColumns

/// Types that most functions read as a wider one: the cast is made once, when the call is bound, so that kernels
/// know few types.
///
/// Float32 is a Float64 to arithmetic, comparison and mathematics; decimals and integers of 128 bits are Float64
/// to mathematics; a Date32 is a midnight (`DateTime64(0)`) to the functions of dates and times; a fixed string
/// is a String with all its bytes to the functions of strings.
extension ExpressionBuilder {
  /// The arguments as the function reads them.
  func widened(
    _ arguments: [BoundExpression], for function: ScalarFunction
  ) throws(SQLError) -> [BoundExpression] {
    guard !function.traits.contains(.exactTypes) else { return arguments }
    switch function.group {
    case .math:
      return try replaced(arguments) { type in
        type == .float32 || type.isDecimal || type.isWideInteger ? .float64 : nil
      }
    case .dateTime:
      return try replaced(arguments) { type in
        switch type {
        case .float32: .float64
        case .date32: .dateTime64(precision: 0, zone: nil)
        default: nil
        }
      }
    case .text, .regex:
      if function.name == "empty" || function.name == "notEmpty" {
        // A fixed string without a byte of its own is empty.
        return try replaced(arguments) { $0.isFixedString ? .string : nil }
      }
      var out: [BoundExpression] = []
      for argument in arguments { out.append(try bytes(of: argument)) }
      return out
    default: return arguments
    }
  }

  /// Float32 as Float64.
  func withoutFloat32(_ arguments: [BoundExpression]) throws(SQLError) -> [BoundExpression] {
    try replaced(arguments) { $0 == .float32 ? .float64 : nil }
  }

  /// Each argument cast to the type that stands for its own.
  func replaced(
    _ arguments: [BoundExpression], _ replacement: (DataType) -> DataType?
  ) throws(SQLError) -> [BoundExpression] {
    var out: [BoundExpression] = []
    for argument in arguments {
      guard let type = replacement(argument.type.withoutNullable) else {
        out.append(argument)
        continue
      }
      out.append(
        try cast(argument, to: argument.type.isNullable ? type.madeNullable : type))
    }
    return out
  }
}

extension FunctionBinding {
  var hasDecimal: Bool { types.contains(where: \.isDecimal) }

  /// Numbers with a sum: floats and integers of 128 bits have none, as in ClickHouse.
  var areSummable: Bool {
    let isWide = types.contains(where: \.isWideInteger)
    return types.allSatisfy { $0.isIntegral || ($0.isFloat && !isWide) }
  }

  /// The same call over Float64 where it has Float32, or nil where it has none.
  func withoutFloat32() throws(SQLError) -> Resolution? {
    guard types.contains(.float32) else { return nil }
    return .expression(
      try builder.call(name, try builder.withoutFloat32(arguments), at: position))
  }

  /// The same call with decimals and Float32 as Float64.
  func inDoubles() throws(SQLError) -> Resolution {
    let doubles = try builder.replaced(arguments) {
      $0.isDecimal || $0 == .float32 ? .float64 : nil
    }
    return .expression(try builder.call(name, doubles, at: position))
  }
}
