import TickColumns

/// dateTrunc: as the toStartOf functions, with the unit as text, and a DateTime64 keeps its range.
extension FunctionTable {
  static let dateTruncation = ScalarFunction(
    "dateTrunc", .dateTime, arguments: "'unit', t[, 'zone']",
    result: "DateTime; DateTime64 for one; Date or Date32 for week and longer",
    summary: "The start of the unit of t: from 'nanosecond' to 'year'.", arity: 2...3,
    aliases: ["date_trunc", "DATE_TRUNC"], aliasesAnyCase: true
  ) { (call) throws(SQLError) in
    guard case .bytes(let bytes)? = call.constant(0) else {
      throw call.illegal(0, "the name of a unit as a constant")
    }
    let name = String(decoding: bytes, as: UTF8.self)
    guard
      let unit = IntervalUnit.allCases.first(where: {
        $0.rawValue.lowercased() == name.lowercased()
      })
    else {
      throw SQLError(
        .badArguments, "'\(name)' is no unit of dateTrunc",
        at: call.arguments[0].position ?? call.position,
        hint: NearestName.hint(
          for: name, among: IntervalUnit.allCases.map { $0.rawValue.lowercased() }))
    }
    let type = call.types[1]
    guard type.isDateOrTime else { throw call.illegal(1, "a date or time") }
    let zone = try zoneName(call, 2, otherwise: TimeArithmetic.zone(of: type))
    let bucket = TimeBucket(unit: unit, count: 1)
    let isDay = unit == .week || unit == .month || unit == .quarter || unit == .year
    let resolution: Resolution
    switch type {
    case .date where isDay && call.count == 3, .date where !isDay && unit != .day,
      .dateTime where unit.fractionDigits > 0:
      throw call.illegal(1, "a time")
    case _ where isDay:
      // A DateTime64 may lie where no Date reaches.
      resolution = bucketed(
        type, type == .date || type.physical == .uint32 ? .date : .date32,
        in: try clock(call, of: 1, argument: 2), around: { bucket.days(around: $0) })
    case .dateTime64(let precision, _) where unit.fractionDigits > 0:
      resolution = subsecond(
        type, precision, .dateTime64(precision: UInt8(unit.fractionDigits), zone: zone), 1)
    case .dateTime64:
      resolution = bucketed(type, .dateTime64(precision: 0, zone: zone), bucket, call.session)
    default: resolution = bucketed(type, .dateTime(zone: zone), bucket, call.session)
    }
    // The kernels of the toStartOf functions have the time as their first operand.
    guard case .kernel(let result, _, _, let kernel) = resolution else { return resolution }
    return .kernel(result) { (input) throws(SQLError) in
      try kernel(
        KernelInput(operands: [input.operands[1]], rows: input.rows, valid: input.valid))
    }
  }
}
