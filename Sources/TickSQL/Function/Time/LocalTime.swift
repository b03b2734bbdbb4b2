/// From ticks of a time type to the calendar and the clock of a zone: the one way that the functions of this folder
/// take.
import TickColumns

/// How the ticks of one type are read on a clock.
///
/// Invariant: what `seconds`, `day`, `fraction` and `date` read are local ticks, those that `local` gives; they are the
/// ticks themselves for dates and in UTC.
struct LocalTime: Sendable {
  private let isDate: Bool
  /// Ticks per second.
  let scale: Int64
  /// The clock; UTC for a date, which has none.
  let zone: TimeZone

  /// The reading of an argument, by the clock that another argument names or by its own. Throws 43 where it is no
  /// date or time.
  init(_ call: FunctionBinding, _ i: Int, zone argument: Int? = nil) throws(SQLError) {
    let type = call.types[i]
    guard type.isDateOrTime else { throw call.illegal(i, "a date or time") }
    isDate = type == .date
    scale = TimeArithmetic.ticksPerSecond(type)
    let clock = try FunctionTable.clock(call, of: i, argument: argument ?? call.count)
    zone = isDate ? .utc : clock
  }

  /// As `init`, and error 43 for a Date, which has no clock.
  init(clockOf call: FunctionBinding, _ i: Int, zone argument: Int? = nil) throws(SQLError) {
    try self.init(call, i, zone: argument)
    if isDate { throw call.illegal(i, "a time") }
  }

  /// The ticks that the clock shows.
  func local(_ operand: KernelValue, rows: Int) -> Vector<Int64> {
    let ticks = operand.integers(Int64.self)
    if zone.isUTC { return ticks }
    var clock = ZoneCursor(zone)
    switch ticks {
    case .scalar(let tick): return .scalar(local(tick, &clock))
    case .array(let v): return .array(v.prefix(rows).map { local($0, &clock) })
    }
  }

  @inline(__always)
  func local(_ ticks: Int64, _ clock: inout ZoneCursor) -> Int64 {
    ticks &+ clock.offset(at: ticks.floorDivided(by: scale)) &* scale
  }

  @inline(__always)
  func seconds(_ ticks: Int64) -> Int64 {
    isDate ? ticks &* TimeArithmetic.secondsPerDay : ticks.floorDivided(by: scale)
  }

  /// Days since 1970-01-01.
  @inline(__always)
  func day(_ ticks: Int64) -> Int64 {
    isDate ? ticks : ticks.floorDivided(by: scale).floorDivided(by: TimeArithmetic.secondsPerDay)
  }

  /// Ticks within the second.
  @inline(__always)
  func fraction(_ ticks: Int64) -> Int64 { isDate ? 0 : ticks.floorModulo(scale) }

  func date(_ ticks: Int64) -> CivilDate { CivilDate(daysSinceEpoch: Int(day(ticks))) }

  /// Nanoseconds since 1970, whatever the type.
  func nanoseconds(_ ticks: Int64) -> Int128 {
    isDate
      ? Int128(ticks) * 86_400_000_000_000 : Int128(ticks) * Int128(1_000_000_000 / scale)
  }
}

/// English names, as ClickHouse prints them.
enum TimeNames {
  static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]
  /// From Monday.
  static let weekdays = [
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
  ]

  /// Monday is 0.
  static func weekday(_ day: Int64) -> Int { Int((day + 3).floorModulo(7)) }
}

extension FunctionTable {
  /// A function of one time whose number hangs on the tick alone: on that of the clock, or on the instant.
  static func timeNumber(
    _ name: String, _ type: DataType, _ summary: String, clockOnly: Bool = false,
    aliases: [String] = [], traits: ScalarFunction.Traits = [],
    ofInstants: Bool = false,
    _ body: @escaping @Sendable (LocalTime, Vector<Int64>, Int) -> [Int64]
  ) -> ScalarFunction {
    ScalarFunction(
      name, .dateTime, arguments: "t[, 'zone']", result: type.description, summary: summary,
      arity: 1...2, aliases: aliases, aliasesAnyCase: true, traits: traits
    ) { (call) throws(SQLError) in
      let time =
        clockOnly ? try LocalTime(clockOf: call, 0, zone: 1) : try LocalTime(call, 0, zone: 1)
      return .kernel(type) { input in
        let operand = input.operands[0]
        let ticks =
          ofInstants ? operand.integers(Int64.self) : time.local(operand, rows: input.rows)
        let numbers = body(time, ticks, input.rows)
        return convertIntegers(.column(.int64, numbers), to: type, rows: input.rows)
      }
    }
  }
}
