/// Dates and times from their parts. What no date can be is 1970-01-01, as in ClickHouse.
import TickColumns

extension FunctionTable {
  static let madeTimes: [ScalarFunction] = [
    ScalarFunction(
      "makeDate", .dateTime, arguments: "year, month, day", result: "Date",
      summary:
        "The date; `makeDate(year, day)` takes the day of the year. Day 30 of February is in March.",
      arity: 2...3, anyCase: true
    ) { (call) throws(SQLError) in
      try checkParts(call, 0..<call.count)
      return .kernel(.date) { input in
        let years = parts(input, 0)
        let isOrdinal = input.operands.count == 2
        let months = isOrdinal ? .scalar(1) : parts(input, 1)
        let days = parts(input, isOrdinal ? 1 : 2)
        var out = [UInt16](repeating: 0, count: input.rows)
        for row in 0..<input.rows {
          let (year, month, day) = (years.element(row), months.element(row), days.element(row))
          guard (1970...2149).contains(year), (1...12).contains(month),
            (1...(isOrdinal ? 365 : 31)).contains(day)
          else { continue }
          let first = CivilDate(year: Int(year), month: Int(month), day: 1).daysSinceEpoch
          out[row] = UInt16(exactly: Int64(first) + day - 1) ?? 0
        }
        return .column(.date, out)
      }
    },
    ScalarFunction(
      "makeDateTime", .dateTime, arguments: "year, month, day, hour, minute, second[, 'zone']",
      result: "DateTime",
      summary: "The time; what lies outside the type's range is its nearest end.",
      arity: 6...7, anyCase: true
    ) { (call) throws(SQLError) in
      try checkParts(call, 0..<6)
      let type = DataType.dateTime(zone: try zoneName(call, 6, otherwise: nil))
      let zone = type.timeZone(in: call.session)
      return .kernel(type) { input in
        var clock = ZoneCursor(zone, isLocal: true)
        let fields = (0..<6).map { parts(input, $0) }
        var out = [UInt32](repeating: 0, count: input.rows)
        for row in 0..<input.rows {
          let seconds = seconds(of: fields, row, years: 1970...2106)
          out[row] = seconds.map { UInt32(clamping: $0 - clock.offset(at: $0)) } ?? 0
        }
        return .column(type, out)
      }
    },
    ScalarFunction(
      "makeDateTime64", .dateTime,
      arguments: "year, month, day, hour, minute, second[, fraction[, precision[, 'zone']]]",
      result: "DateTime64(precision)",
      summary: "The time; the fraction counts in 10^-precision seconds (3 digits by default).",
      arity: 6...9, anyCase: true
    ) { (call) throws(SQLError) in
      try checkParts(call, 0..<min(call.count, 7))
      var precision: Int64 = 3
      if call.count > 7 {
        guard let constant = call.constant(7)?.int64, call.types[7].isInteger else {
          throw call.illegal(7, "a constant precision")
        }
        precision = constant
      }
      guard (0...9).contains(precision) else {
        throw SQLError(
          .argumentOutOfBound, "makeDateTime64 expects a precision from 0 to 9", at: call.position)
      }
      let scale = powersOfTen[Int(precision)]
      let type = DataType.dateTime64(
        precision: UInt8(precision), zone: try zoneName(call, 8, otherwise: nil))
      let zone = type.timeZone(in: call.session)
      return .kernel(type) { input in
        var clock = ZoneCursor(zone, isLocal: true)
        let fields = (0..<6).map { parts(input, $0) }
        let fractions = input.operands.count > 6 ? parts(input, 6) : .scalar(0)
        var out = [Int64](repeating: 0, count: input.rows)
        for row in 0..<input.rows {
          let local = seconds(of: fields, row, years: 1900...2299) ?? leastSeconds
          let seconds = local - clock.offset(at: local)
          // What lies behind the last year is the last tick.
          let isBeyond = fields[0].element(row) > 2299
          let fraction = isBeyond ? scale - 1 : min(max(fractions.element(row), 0), scale - 1)
          let (product, overflow) = seconds.multipliedReportingOverflow(by: scale)
          let (sum, overflowed) = product.addingReportingOverflow(fraction)
          out[row] = overflow || overflowed ? (seconds < 0 ? .min : .max) : sum
        }
        return .column(type, out)
      }
    },
  ]

  /// 1900-01-01 00:00:00.
  private static let leastSeconds: Int64 = -2_208_988_800

  private static func checkParts(
    _ call: FunctionBinding, _ range: Range<Int>
  ) throws(SQLError) {
    for i in range where !call.types[i].isNumber { throw call.illegal(i, "a number") }
  }

  /// Numbers cut to whole ones; what does not fit becomes -1, which is no part of a time.
  private static func parts(_ input: KernelInput, _ i: Int) -> Vector<Int64> {
    guard input.operands[i].type == .float64 else { return input.operands[i].integers(Int64.self) }
    return .array(
      input.operands[i].doubles().map(rows: input.rows) {
        Int64(exactly: $0.rounded(.towardZero)) ?? -1
      })
  }

  /// Seconds since 1970; nil where the parts make no time. Years outside give the ends of the range.
  private static func seconds(
    of fields: [Vector<Int64>], _ row: Int, years: ClosedRange<Int64>
  ) -> Int64? {
    let (month, day) = (fields[1].element(row), fields[2].element(row))
    let (hour, minute, second) = (
      fields[3].element(row), fields[4].element(row), fields[5].element(row)
    )
    guard (1...12).contains(month), (1...31).contains(day), (0...99).contains(hour),
      (0...99).contains(minute), (0...99).contains(second)
    else { return nil }
    let year = fields[0].element(row)
    guard year >= years.lowerBound else { return nil }
    guard year <= years.upperBound else {
      let end = CivilDate(year: Int(years.upperBound), month: 12, day: 31).daysSinceEpoch
      return Int64(end) * 86_400 + 86_399
    }
    let first = CivilDate(year: Int(year), month: Int(month), day: 1).daysSinceEpoch
    return (Int64(first) + day - 1) * 86_400 + hour * 3_600 + minute * 60 + second
  }
}
