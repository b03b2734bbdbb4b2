/// From ticks of a time type to the calendar and the clock: the one way that the functions of this folder take.
import TickColumns

/// How the ticks of one type are read.
struct UTCTime: Sendable {
  private let isDate: Bool
  /// Ticks per second.
  let scale: Int64

  /// The reading of an argument. Throws 43 where it is no date or time, 48 where its zone is another than UTC.
  init(_ call: FunctionBinding, _ i: Int) throws(SQLError) {
    let type = call.types[i]
    guard type.isDateOrTime else { throw call.illegal(i, "a date or time") }
    if let zone = TimeArithmetic.zone(of: type), zone != "UTC" {
      throw SQLError(
        .notImplemented, "\(call.name) of a time in the zone \(zone) is not supported yet",
        at: call.arguments[i].position ?? call.position)
    }
    isDate = type == .date
    scale = TimeArithmetic.ticksPerSecond(type)
  }

  /// As `init`, and error 43 for a Date, which has no clock.
  init(clockOf call: FunctionBinding, _ i: Int) throws(SQLError) {
    try self.init(call, i)
    if isDate { throw call.illegal(i, "a time") }
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
  /// Refuses a zone argument other than UTC, the only clock of the functions of this folder so far.
  static func checkZone(_ call: FunctionBinding, _ i: Int) throws(SQLError) {
    guard let name = try zoneName(call, i, otherwise: nil), name != "UTC" else { return }
    throw SQLError(
      .notImplemented, "\(call.name) in the zone \(name) is not supported yet",
      at: call.arguments[i].position ?? call.position)
  }

  /// A function of one time whose number hangs on the tick alone.
  static func timeNumber(
    _ name: String, _ type: DataType, _ summary: String, clockOnly: Bool = false,
    aliases: [String] = [], traits: ScalarFunction.Traits = [],
    _ body: @escaping @Sendable (UTCTime, Vector<Int64>, Int) -> [Int64]
  ) -> ScalarFunction {
    ScalarFunction(
      name, .dateTime, arguments: "t", result: type.description, summary: summary, arity: 1...1,
      aliases: aliases, aliasesAnyCase: true, traits: traits
    ) { (call) throws(SQLError) in
      let time = clockOnly ? try UTCTime(clockOf: call, 0) : try UTCTime(call, 0)
      return .kernel(type) { input in
        let numbers = body(time, input.operands[0].integers(Int64.self), input.rows)
        return convertIntegers(.column(.int64, numbers), to: type, rows: input.rows)
      }
    }
  }
}
