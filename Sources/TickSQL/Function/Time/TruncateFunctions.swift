/// Times cut to a unit.
import TickColumns

extension FunctionTable {
  static let truncations: [ScalarFunction] = [
    fine("toStartOfMillisecond", 3), fine("toStartOfMicrosecond", 6),
    fine("toStartOfNanosecond", 9),
    ScalarFunction(
      "timeSlot", .dateTime, arguments: "t[, 'zone']", result: "DateTime",
      summary: "The start of the half hour, counted in UTC, that t lies in.", arity: 1...2
    ) { (call) throws(SQLError) in
      let time = try LocalTime(clockOf: call, 0)
      let type = DataType.dateTime(zone: try resultZone(call, argument: 1))
      return .kernel(type) { input in
        .column(
          type,
          input.operands[0].integers(Int64.self).map(rows: input.rows) {
            UInt32(clamping: time.seconds($0).floorDivided(by: 1_800) &* 1_800)
          })
      }
    },
  ]

  /// To 10^-digits seconds; a coarser time becomes so fine.
  private static func fine(_ name: String, _ digits: Int) -> ScalarFunction {
    ScalarFunction(
      name, .dateTime, arguments: "t[, 'zone']",
      result: "DateTime64 of at least \(digits) digits",
      summary: "t cut to \(digits) digits behind the second.", arity: 1...2
    ) { (call) throws(SQLError) in
      guard case .dateTime64(let precision, _) = call.types[0] else {
        throw call.illegal(0, "DateTime64")
      }
      let zone = try resultZone(call, argument: 1)
      let type = DataType.dateTime64(precision: max(precision, UInt8(digits)), zone: zone)
      let step = powersOfTen[max(0, Int(precision) - digits)]
      let factor = powersOfTen[max(0, digits - Int(precision))]
      return .kernel(type) { input in
        .column(
          type,
          input.operands[0].integers(Int64.self).map(rows: input.rows) {
            ($0.floorDivided(by: step) &* step) &* factor
          })
      }
    }
  }
}
