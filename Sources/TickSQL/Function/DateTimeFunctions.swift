import TickColumns

/// Buckets, parts and differences of times, in UTC.
extension FunctionTable {
  static let dateTime: [ScalarFunction] =
    starts + parts + [startOfInterval, dateDifference] + unixTimes + clocks + intervals + shifts

  // MARK: Starts

  private static let starts: [ScalarFunction] =
    [
      start("toStartOfSecond", .second, 1, "DateTime64 of the same precision", "the second"),
      start("toStartOfMinute", .minute, 1, "DateTime", "the minute"),
      start(
        "toStartOfFiveMinutes", .minute, 5, "DateTime", "five minutes", ["toStartOfFiveMinute"]),
      start("toStartOfTenMinutes", .minute, 10, "DateTime", "ten minutes"),
      start("toStartOfFifteenMinutes", .minute, 15, "DateTime", "fifteen minutes"),
      start("toStartOfHour", .hour, 1, "DateTime", "the hour"),
      start("toStartOfDay", .day, 1, "DateTime", "the day"),
      start("toMonday", .week, 1, "Date", "the week that begins on Monday"),
      start("toStartOfMonth", .month, 1, "Date", "the month"),
      start("toStartOfQuarter", .quarter, 1, "Date", "the quarter"),
      start("toStartOfYear", .year, 1, "Date", "the year"),
      ScalarFunction(
        "toStartOfWeek", .dateTime, arguments: "t[, mode]", result: "Date",
        summary:
          "The start of the week of t: Sunday in mode 0 (the default), Monday in mode 1.",
        arity: 1...2
      ) { (call) throws(SQLError) in
        guard call.types[0].isDateOrTime else { throw call.illegal(0, "a date or time") }
        let mode = call.count == 1 ? 0 : call.constant(1)?.int64 ?? -1
        guard mode == 0 || mode == 1 else {
          throw SQLError(
            .notImplemented, "toStartOfWeek supports the constant modes 0 and 1",
            at: call.position)
        }
        // 1970-01-04 was a Sunday, 1970-01-05 a Monday.
        return bucketed(
          call.types[0], .date,
          around: { day in
            let start = (day - 3 - mode).floorDivided(by: 7) * 7 + 3 + mode
            return start..<start + 7
          })
      },
    ]

  private static func start(
    _ name: String, _ unit: IntervalUnit, _ count: Int64, _ result: String, _ what: String,
    _ aliases: [String] = []
  ) -> ScalarFunction {
    ScalarFunction(
      name, .dateTime, arguments: "t", result: result, summary: "The start of \(what) of t.",
      arity: 1...2, aliases: aliases
    ) { (call) throws(SQLError) in
      let type = call.types[0]
      try checkZone(call, 1)
      guard type.isDateOrTime else { throw call.illegal(0, "a date or time") }
      if unit == .second {
        guard case .dateTime64 = type else { throw call.illegal(0, "DateTime64") }
        return bucketed(type, type, TimeBucket(unit: unit, count: count))
      }
      if type == .date, unit == .minute || unit == .hour { throw call.illegal(0, "a time") }
      let isDate = unit != .minute && unit != .hour && unit != .day
      return bucketed(
        type, isDate ? .date : .dateTime(zone: TimeArithmetic.zone(of: type)),
        TimeBucket(unit: unit, count: count))
    }
  }

  /// Refuses any time zone argument but UTC.
  static func checkZone(_ call: FunctionBinding, _ i: Int) throws(SQLError) {
    guard i < call.count else { return }
    guard call.constant(i) == .text("UTC") else {
      throw SQLError(
        .notImplemented, "time zones other than 'UTC' are not supported yet",
        at: call.arguments[i].position ?? call.position)
    }
  }

  private static let startOfInterval = ScalarFunction(
    "toStartOfInterval", .dateTime, arguments: "t, INTERVAL n unit",
    result: "DateTime; Date for week and longer; DateTime64 below a second",
    summary:
      "The start of the bucket of n units that t lies in. Clock units below an hour count from 1970, hours "
      + "from midnight, days from 1970-01-01, weeks from Monday 1970-01-05, months from 1970-01, years from 0.",
    arity: 2...3, aliases: ["time_bucket", "date_bin"]
  ) { (call) throws(SQLError) in
    let type = call.types[0]
    guard type.isDateOrTime else { throw call.illegal(0, "a date or time") }
    guard case .interval(let unit) = call.types[1] else { throw call.illegal(1, "an interval") }
    guard let constant = call.constant(1) else {
      throw SQLError(
        .illegalColumn, "Argument 2 of function toStartOfInterval must be constant",
        at: call.arguments[1].position ?? call.position)
    }
    guard let count = constant.int64, count > 0 else {
      throw SQLError(
        .argumentOutOfBound, "The interval of function toStartOfInterval must be positive",
        at: call.arguments[1].position ?? call.position)
    }
    if call.count == 3, call.types[2].isDateOrTime {
      throw SQLError(
        .notImplemented, "toStartOfInterval with an origin is not supported yet", at: call.position)
    }
    try checkZone(call, 2)
    guard count <= 1_000_000_000_000 / max(1, unit.seconds) else {
      throw SQLError(
        .argumentOutOfBound, "The interval of function toStartOfInterval is too long",
        at: call.arguments[1].position ?? call.position)
    }
    let zone = call.count == 3 ? "UTC" : TimeArithmetic.zone(of: type)
    let bucket = TimeBucket(unit: unit, count: count)
    switch unit {
    case .nanosecond, .microsecond, .millisecond:
      guard case .dateTime64(let precision, _) = type else { throw call.illegal(0, "DateTime64") }
      let digits = UInt8(unit.fractionDigits)
      return subsecond(type, precision, .dateTime64(precision: digits, zone: zone), count)
    case .second, .minute, .hour:
      if type == .date { throw call.illegal(0, "a time") }
      return bucketed(type, .dateTime(zone: zone), bucket)
    case .day: return bucketed(type, .dateTime(zone: zone), bucket)
    case .week, .month, .quarter, .year: return bucketed(type, .date, bucket)
    }
  }

  /// Buckets below a second: cut to the unit's own precision, then to multiples.
  private static func subsecond(
    _ type: DataType, _ precision: UInt8, _ result: DataType, _ count: Int64
  ) -> Resolution {
    guard case .dateTime64(let digits, _) = result else { return .constant(.null, result) }
    let finer = precision > digits ? powersOfTen[Int(precision - digits)] : 1
    let coarser = precision < digits ? powersOfTen[Int(digits - precision)] : 1
    return .kernel(result) { input in
      .column(
        result,
        input.operands[0].integers(Int64.self).map(rows: input.rows) { ticks in
          let unit = finer == 1 ? ticks &* coarser : ticks.floorDivided(by: finer)
          return unit.floorDivided(by: count) &* count
        })
    }
  }

  private static func bucketed(
    _ type: DataType, _ result: DataType, _ bucket: TimeBucket
  ) -> Resolution {
    if type == .date || result == .date {
      return bucketed(type, result, around: { bucket.days(around: $0) })
    }
    let scale = TimeArithmetic.ticksPerSecond(type)
    let isSeconds = result.physical == .uint32
    return .kernel(result) { input in
      let ticks = input.operands[0].integers(Int64.self)
      if isSeconds {
        return .column(
          result,
          runs(ticks, input.rows, around: { bucket.ticks(around: $0, perSecond: scale) }) { start in
            UInt32(clamping: start.floorDivided(by: scale))
          } as [UInt32])
      }
      return .column(
        result,
        runs(ticks, input.rows, around: { bucket.ticks(around: $0, perSecond: scale) }) { $0 }
          as [Int64])
    }
  }

  /// Buckets of whole days, given as the range of days around a day.
  private static func bucketed(
    _ type: DataType, _ result: DataType,
    around days: @escaping @Sendable (Int64) -> Range<Int64>
  ) -> Resolution {
    let perDay =
      type == .date ? 1 : TimeArithmetic.secondsPerDay * TimeArithmetic.ticksPerSecond(type)
    let isDate = result == .date
    return .kernel(result) { input in
      let ticks = input.operands[0].integers(Int64.self)
      let around: (Int64) -> Range<Int64> = { tick in
        let range = days(tick.floorDivided(by: perDay))
        return TimeArithmetic.saturatingProduct(
          range.lowerBound, perDay)..<TimeArithmetic.saturatingProduct(range.upperBound, perDay)
      }
      if isDate {
        return .column(
          result,
          runs(ticks, input.rows, around: around) {
            UInt16(clamping: $0.floorDivided(by: perDay))
          } as [UInt16])
      }
      return .column(
        result,
        runs(ticks, input.rows, around: around) {
          UInt32(
            clamping: $0.floorDivided(by: perDay) &* TimeArithmetic.secondsPerDay)
        } as [UInt32])
    }
  }

  /// Maps ticks to their bucket's value, working a bucket out only where a row leaves the one before: market
  /// data comes in time order, so that is rare.
  private static func runs<Out: ColumnInteger>(
    _ ticks: Vector<Int64>, _ rows: Int, around: (Int64) -> Range<Int64>,
    _ value: (Int64) -> Out
  ) -> [Out] {
    guard case .array(let v) = ticks else {
      if case .scalar(let x) = ticks {
        return Array(repeating: value(around(x).lowerBound), count: rows)
      }
      return []
    }
    return unsafe [Out](unsafeUninitializedCapacity: rows) { out, count in
      var low: Int64 = 0
      var high: Int64 = 0
      var current: Out = 0
      for row in 0..<rows {
        let tick = v[row]
        if tick < low || tick >= high {
          let bucket = around(tick)
          low = bucket.lowerBound
          high = bucket.upperBound
          current = value(low)
        }
        unsafe out.initializeElement(at: row, to: current)
      }
      count = rows
    }
  }

  // MARK: Parts

  private static let parts: [ScalarFunction] = [
    datePart("toYear", .uint16, "The year.", ["YEAR"]) { date, _ in Int64(date.year) },
    datePart("toQuarter", .uint8, "The quarter, 1 to 4.", ["QUARTER"]) { date, _ in
      Int64((date.month + 2) / 3)
    },
    datePart("toMonth", .uint8, "The month, 1 to 12.", ["MONTH"]) { date, _ in Int64(date.month) },
    datePart("toDayOfMonth", .uint8, "The day of the month.", ["DAY", "DAYOFMONTH"]) { date, _ in
      Int64(date.day)
    },
    datePart("toDayOfWeek", .uint8, "The day of the week, Monday is 1.", ["DAYOFWEEK"]) { _, day in
      (day + 3).floorModulo(7) + 1
    },
    datePart("toDayOfYear", .uint16, "The day of the year, from 1.", ["DAYOFYEAR"]) { date, day in
      day - Int64(CivilDate(year: date.year, month: 1, day: 1).daysSinceEpoch) + 1
    },
    datePart("toYYYYMM", .uint32, "Year and month as a number.") { date, _ in
      Int64(date.year * 100 + date.month)
    },
    datePart("toYYYYMMDD", .uint32, "The date as a number.") { date, _ in
      Int64(date.year * 10_000 + date.month * 100 + date.day)
    },
    datePart("toLastDayOfMonth", .date, "The last day of the month.", ["LAST_DAY"]) { date, day in
      day - Int64(date.day) + Int64(CivilDate.daysInMonth(date.month, year: date.year))
    },
    clockPart("toHour", "The hour, 0 to 23.", ["HOUR"]) { $0 / 3_600 },
    clockPart("toMinute", "The minute, 0 to 59.", ["MINUTE"]) { $0 / 60 % 60 },
    clockPart("toSecond", "The second, 0 to 59.", ["SECOND"]) { $0 % 60 },
    ScalarFunction(
      "toMillisecond", .dateTime, arguments: "t", result: "UInt16",
      summary: "The milliseconds within the second.", arity: 1...1, aliases: ["MILLISECOND"]
    ) { (call) throws(SQLError) in
      guard call.types[0].isDateOrTime, call.types[0] != .date else {
        throw call.illegal(0, "a time")
      }
      let scale = TimeArithmetic.ticksPerSecond(call.types[0])
      return .kernel(.uint16) { input in
        .column(
          .uint16,
          input.operands[0].integers(Int64.self).map(rows: input.rows) {
            UInt16(truncatingIfNeeded: $0.floorModulo(scale) * 1_000 / scale)
          })
      }
    },
    ScalarFunction(
      "toYYYYMMDDhhmmss", .dateTime, arguments: "t", result: "UInt64",
      summary: "Date and time as a number.", arity: 1...1
    ) { (call) throws(SQLError) in
      guard call.types[0].isDateOrTime else { throw call.illegal(0, "a date or time") }
      let isDate = call.types[0] == .date
      let scale = TimeArithmetic.ticksPerSecond(call.types[0])
      return .kernel(.uint64) { input in
        .column(
          .uint64,
          input.operands[0].integers(Int64.self).map(rows: input.rows) { ticks -> UInt64 in
            let seconds = isDate ? ticks * 86_400 : ticks.floorDivided(by: scale)
            let days = seconds.floorDivided(by: 86_400)
            let date = CivilDate(daysSinceEpoch: Int(days))
            let clock = seconds &- days &* 86_400
            let day = Int64(date.year * 10_000 + date.month * 100 + date.day)
            let time = clock / 3_600 * 10_000 + clock / 60 % 60 * 100 + clock % 60
            return UInt64(bitPattern: day &* 1_000_000 &+ time)
          })
      }
    },
  ]

  private static func datePart(
    _ name: String, _ type: DataType, _ summary: String, _ aliases: [String] = [],
    _ part: @escaping @Sendable (CivilDate, Int64) -> Int64
  ) -> ScalarFunction {
    ScalarFunction(
      name, .dateTime, arguments: "t", result: type.description, summary: summary, arity: 1...2,
      aliases: aliases, aliasesAnyCase: true
    ) { (call) throws(SQLError) in
      let time = call.types[0]
      guard time.isDateOrTime else { throw call.illegal(0, "a date or time") }
      try checkZone(call, 1)
      let perDay =
        time == .date ? 1 : TimeArithmetic.secondsPerDay * TimeArithmetic.ticksPerSecond(time)
      return .kernel(type) { input in
        let out: [Int64] = runs(
          input.operands[0].integers(Int64.self), input.rows,
          around: { tick in
            let day = tick.floorDivided(by: perDay)
            return TimeArithmetic.saturatingProduct(
              day, perDay)..<TimeArithmetic
              .saturatingProduct(day + 1, perDay)
          }
        ) { start in
          let day = start.floorDivided(by: perDay)
          return part(CivilDate(daysSinceEpoch: Int(day)), day)
        }
        return convertIntegers(.column(.int64, out), to: type, rows: input.rows)
      }
    }
  }

  private static func clockPart(
    _ name: String, _ summary: String, _ aliases: [String],
    _ part: @escaping @Sendable (Int64) -> Int64
  ) -> ScalarFunction {
    ScalarFunction(
      name, .dateTime, arguments: "t", result: "UInt8", summary: summary, arity: 1...2,
      aliases: aliases, aliasesAnyCase: true
    ) { (call) throws(SQLError) in
      let time = call.types[0]
      guard time.isDateOrTime, time != .date else { throw call.illegal(0, "a time") }
      try checkZone(call, 1)
      let scale = TimeArithmetic.ticksPerSecond(time)
      return .kernel(.uint8) { input in
        .column(
          .uint8,
          input.operands[0].integers(Int64.self).map(rows: input.rows) {
            UInt8(truncatingIfNeeded: part($0.floorDivided(by: scale).floorModulo(86_400)))
          })
      }
    }
  }

  // MARK: Differences

  private static let dateDifference = ScalarFunction(
    "dateDiff", .dateTime, arguments: "'unit', a, b", result: "Int64",
    summary: "How many boundaries of the unit lie between a and b (negative when b is earlier).",
    arity: 3...4, aliases: ["date_diff", "DATE_DIFF", "timestampDiff", "timestamp_diff"],
    anyCase: true
  ) { (call) throws(SQLError) in
    guard case .bytes(let bytes)? = call.constant(0),
      let unit = IntervalUnit(named: String(decoding: bytes, as: UTF8.self))
    else {
      throw SQLError(
        .badArguments, "dateDiff expects the name of a unit first, for example 'minute'",
        at: call.arguments[0].position ?? call.position)
    }
    guard call.types[1].isDateOrTime else { throw call.illegal(1, "a date or time") }
    guard call.types[2].isDateOrTime else { throw call.illegal(2, "a date or time") }
    try checkZone(call, 3)
    let from = call.types[1]
    let to = call.types[2]
    return .kernel(.int64) { input in
      .column(
        .int64,
        zipVectors(
          input.operands[1].integers(Int64.self), input.operands[2].integers(Int64.self),
          rows: input.rows
        ) { a, b -> Int64 in
          let difference = ordinal(b, to, unit) - ordinal(a, from, unit)
          return Int64(truncatingIfNeeded: difference)
        })
    }
  }

  /// The running number of the unit an instant lies in.
  private static func ordinal(_ ticks: Int64, _ type: DataType, _ unit: IntervalUnit) -> Int128 {
    let scale = TimeArithmetic.ticksPerSecond(type)
    if unit.fractionDigits > 0 {
      let perSecond = Int128(powersOfTen[unit.fractionDigits])
      if type == .date { return Int128(ticks) * 86_400 * perSecond }
      let product = Int128(ticks) * perSecond
      let quotient = product / Int128(scale)
      return product % Int128(scale) < 0 ? quotient - 1 : quotient
    }
    let seconds = type == .date ? ticks &* 86_400 : ticks.floorDivided(by: scale)
    let days = seconds.floorDivided(by: 86_400)
    switch unit {
    case .second: return Int128(seconds)
    case .minute: return Int128(seconds.floorDivided(by: 60))
    case .hour: return Int128(seconds.floorDivided(by: 3_600))
    case .day: return Int128(days)
    case .week: return Int128((days + 3).floorDivided(by: 7))
    case .month, .quarter, .year:
      let date = CivilDate(daysSinceEpoch: Int(days))
      if unit == .year { return Int128(date.year) }
      let month = date.year * 12 + date.month - 1
      return Int128(unit == .month ? month : month / 3)
    case .millisecond, .microsecond, .nanosecond: return 0
    }
  }

  // MARK: Unix times

  private static let unixTimes: [ScalarFunction] =
    [
      ScalarFunction(
        "toUnixTimestamp", .dateTime, arguments: "t", result: "UInt32",
        summary: "Seconds since 1970-01-01 00:00:00 UTC. A string is read as a DateTime first.",
        arity: 1...2, traits: .mayThrow
      ) { (call) throws(SQLError) in
        try checkZone(call, 1)
        if call.types[0] == .string {
          let time = try call.builder.cast(call.arguments[0], to: .dateTime(zone: nil))
          return .expression(
            try call.builder.call("toUnixTimestamp", [time], at: call.position))
        }
        guard call.types[0].isDateOrTime else { throw call.illegal(0, "a date or time") }
        let isDate = call.types[0] == .date
        let scale = TimeArithmetic.ticksPerSecond(call.types[0])
        return .kernel(.uint32) { (input) throws(SQLError) in
          let seconds = input.operands[0].integers(Int64.self).map(rows: input.rows) {
            isDate ? $0 * 86_400 : $0.floorDivided(by: scale)
          }
          var out = [UInt32](repeating: 0, count: input.rows)
          for row in 0..<input.rows where input.valid?[row] != 0 {
            guard let second = UInt32(exactly: seconds[row]) else {
              throw SQLError(.decimalOverflow, "The time has no Unix timestamp of 32 bits")
            }
            out[row] = second
          }
          return .column(.uint32, out)
        }
      }
    ]
    + [("Second", 0), ("Milli", 3), ("Micro", 6), ("Nano", 9)].flatMap { name, digits in
      [
        ScalarFunction(
          "toUnixTimestamp64\(name)", .dateTime, arguments: "t", result: "Int64",
          summary: "A DateTime64 as a count since 1970, at 10^-\(digits) seconds.", arity: 1...1,
          traits: .mayThrow
        ) { (call) throws(SQLError) in
          guard case .dateTime64(let precision, _) = call.types[0] else {
            throw call.illegal(0, "DateTime64")
          }
          let finer = powersOfTen[max(0, Int(precision) - digits)]
          let coarser = powersOfTen[max(0, digits - Int(precision))]
          return .kernel(.int64) { (input) throws(SQLError) in
            let ticks = input.operands[0].integers(Int64.self).map(rows: input.rows) { $0 }
            if finer == 1, coarser == 1 { return .column(.int64, ticks) }
            var out = [Int64](repeating: 0, count: input.rows)
            for row in 0..<input.rows {
              let (product, overflow) = ticks[row].multipliedReportingOverflow(by: coarser)
              guard !overflow else {
                throw SQLError(.decimalOverflow, "Decimal overflow in toUnixTimestamp64\(name)")
              }
              out[row] = product / finer
            }
            return .column(.int64, out)
          }
        },
        ScalarFunction(
          "fromUnixTimestamp64\(name)", .dateTime, arguments: "n", result: "DateTime64(\(digits))",
          summary: "The time of a count since 1970, at 10^-\(digits) seconds.", arity: 1...2
        ) { (call) throws(SQLError) in
          guard call.types[0].isInteger else { throw call.illegal(0, "an integer") }
          try checkZone(call, 1)
          let type = DataType.dateTime64(
            precision: UInt8(digits), zone: call.count == 2 ? "UTC" : nil)
          return .kernel(type) { input in
            .column(type, input.operands[0].integers(Int64.self).map(rows: input.rows) { $0 })
          }
        },
      ]
    }

  // MARK: The clock of the statement

  private static let clocks: [ScalarFunction] = [
    ScalarFunction(
      "now", .dateTime, arguments: "", result: "DateTime",
      summary: "The moment the statement began; the same in all rows.", arity: 0...1,
      aliases: ["current_timestamp"], anyCase: true
    ) { (call) throws(SQLError) in
      try checkZone(call, 0)
      let seconds = try moment(call).floorDivided(by: 1_000_000_000)
      return .constant(
        .uint(UInt64(UInt32(clamping: seconds))), .dateTime(zone: call.count == 1 ? "UTC" : nil))
    },
    ScalarFunction(
      "now64", .dateTime, arguments: "[precision]", result: "DateTime64(precision)",
      summary: "As now, in 10^-precision seconds (3 by default).", arity: 0...2, anyCase: true
    ) { (call) throws(SQLError) in
      let precision = call.count == 0 ? 3 : call.constant(0)?.int64 ?? -1
      guard (0...9).contains(precision) else {
        throw SQLError(
          .argumentOutOfBound, "now64 expects a precision from 0 to 9", at: call.position)
      }
      try checkZone(call, 1)
      let ticks = try moment(call).floorDivided(by: powersOfTen[9 - Int(precision)])
      return .constant(
        .int(ticks),
        .dateTime64(precision: UInt8(precision), zone: call.count == 2 ? "UTC" : nil))
    },
    ScalarFunction(
      "today", .dateTime, arguments: "", result: "Date", summary: "The date of now().",
      arity: 0...0, aliases: ["current_date", "curdate"], anyCase: true
    ) { (call) throws(SQLError) in
      let day = try moment(call).floorDivided(by: 86_400_000_000_000)
      return .constant(.uint(UInt64(UInt16(clamping: day))), .date)
    },
    ScalarFunction(
      "yesterday", .dateTime, arguments: "", result: "Date", summary: "The day before today().",
      arity: 0...0
    ) { (call) throws(SQLError) in
      let day = try moment(call).floorDivided(by: 86_400_000_000_000) - 1
      return .constant(.uint(UInt64(UInt16(clamping: day))), .date)
    },
  ]

  private static func moment(_ call: FunctionBinding) throws(SQLError) -> Int64 {
    guard let now = call.builder.context.now else {
      throw SQLError(
        .badArguments, "Expression must be deterministic but it contains \(call.name)()",
        at: call.position)
    }
    return now
  }

  // MARK: Intervals

  private static let intervals: [ScalarFunction] = IntervalUnit.allCases.map { unit in
    ScalarFunction(
      "toInterval\(unit.rawValue)", .dateTime, arguments: "n", result: "Interval\(unit.rawValue)",
      summary: "`INTERVAL n \(unit.rawValue.uppercased())`.", arity: 1...1
    ) { (call) throws(SQLError) in
      let type = DataType.interval(unit)
      switch call.types[0] {
      case .interval(unit): return .expression(call.arguments[0])
      case .string:
        return .expression(
          try call.builder.call(
            "toInterval\(unit.rawValue)", [try call.builder.cast(call.arguments[0], to: .int64)],
            at: call.position))
      case .float64:
        return .expression(
          try call.builder.call(
            "toInterval\(unit.rawValue)", [try call.builder.cast(call.arguments[0], to: .int64)],
            at: call.position))
      case let number where number.isNumber:
        return .kernel(type) { input in
          convertIntegers(input.operands[0], to: type, rows: input.rows)
        }
      default: throw call.illegal(0, "a number")
      }
    }
  }

  /// addDays, subtractHours and their kind.
  private static let shifts: [ScalarFunction] = IntervalUnit.allCases.flatMap { unit in
    [("add", "plus"), ("subtract", "minus")].map { verb, function in
      ScalarFunction(
        "\(verb)\(unit.rawValue)s", .dateTime, arguments: "t, n",
        result: "type of t \(function == "plus" ? "+" : "-") INTERVAL",
        summary: "`t \(function == "plus" ? "+" : "-") INTERVAL n \(unit.rawValue.uppercased())`.",
        arity: 2...2
      ) { (call) throws(SQLError) in
        guard call.types[0].isDateOrTime else { throw call.illegal(0, "a date or time") }
        let interval = try call.builder.call(
          "toInterval\(unit.rawValue)", [call.arguments[1]], at: call.position)
        return .expression(
          try call.builder.call(function, [call.arguments[0], interval], at: call.position))
      }
    }
  }
}
