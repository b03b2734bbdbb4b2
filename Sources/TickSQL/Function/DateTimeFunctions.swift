import TickColumns

/// Buckets, parts and differences of times, on the clock of their zone or of one that is named.
extension FunctionTable {
  static let dateTime: [ScalarFunction] =
    starts + parts + [startOfInterval, dateDifference] + unixTimes + clocks + intervals + shifts
    + timeZones + [dateTruncation]

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
        "toStartOfWeek", .dateTime, arguments: "t[, mode[, 'zone']]", result: "Date",
        summary:
          "The start of the week of t: Sunday in even modes (0 is the default), Monday in odd ones.",
        arity: 1...3
      ) { (call) throws(SQLError) in
        guard call.types[0].isDateOrTime else { throw call.illegal(0, "a date or time") }
        let mode = WeekMode(try weekMode(call, 1))
        return bucketed(
          call.types[0], .date, in: try clock(call, argument: 2),
          around: { day in
            let week = mode.week(around: day)
            return week.lowerBound..<week.upperBound + 1
          })
      },
    ]

  private static func start(
    _ name: String, _ unit: IntervalUnit, _ count: Int64, _ result: String, _ what: String,
    _ aliases: [String] = []
  ) -> ScalarFunction {
    ScalarFunction(
      name, .dateTime, arguments: "t[, 'zone']", result: result,
      summary: "The start of \(what) of t.", arity: 1...2, aliases: aliases
    ) { (call) throws(SQLError) in
      let type = call.types[0]
      let zone = try resultZone(call, argument: 1)
      guard type.isDateOrTime else { throw call.illegal(0, "a date or time") }
      let bucket = TimeBucket(unit: unit, count: count)
      if unit == .second {
        guard case .dateTime64(let precision, _) = type else { throw call.illegal(0, "DateTime64") }
        return bucketed(type, .dateTime64(precision: precision, zone: zone), bucket, call.session)
      }
      if type == .date, unit == .minute || unit == .hour { throw call.illegal(0, "a time") }
      let isDate = unit != .minute && unit != .hour && unit != .day
      if isDate {
        if type == .date, call.count == 2 {
          throw SQLError(
            .illegalTypeOfArgument, "A time zone has no meaning for a Date in \(name)",
            at: call.arguments[1].position ?? call.position)
        }
        return bucketed(
          type, .date, in: try clock(call, argument: 1), around: { bucket.days(around: $0) })
      }
      return bucketed(type, .dateTime(zone: zone), bucket, call.session)
    }
  }

  private static let startOfInterval = ScalarFunction(
    "toStartOfInterval", .dateTime, arguments: "t, INTERVAL n unit[, origin][, 'zone']",
    result: "DateTime; Date for week and longer; DateTime64 below a second",
    summary:
      "The start of the bucket of n units that t lies in. Clock units below an hour count from 1970, hours "
      + "from midnight, days from 1970-01-01, weeks from Monday 1970-01-05, months from 1970-01, years from 0; all of "
      + "them from the origin where there is one, of the type of t, which the result then has too.",
    arity: 2...4, aliases: ["time_bucket", "date_bin"]
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
    guard count <= 1_000_000_000_000 / max(1, unit.seconds) else {
      throw SQLError(
        .argumentOutOfBound, "The interval of function toStartOfInterval is too long",
        at: call.arguments[1].position ?? call.position)
    }
    if call.count > 2, call.types[2].isDateOrTime {
      return try startFromOrigin(call, unit, count)
    }
    guard call.count < 4 else { throw call.illegal(2, "an origin") }
    let zone = try resultZone(call, argument: 2)
    let clock = try clock(call, argument: 2)
    let bucket = TimeBucket(unit: unit, count: count)
    switch unit {
    case .nanosecond, .microsecond, .millisecond:
      guard case .dateTime64(let precision, _) = type else { throw call.illegal(0, "DateTime64") }
      let digits = UInt8(unit.fractionDigits)
      return subsecond(type, precision, .dateTime64(precision: digits, zone: zone), count)
    case .second, .minute, .hour:
      if type == .date { throw call.illegal(0, "a time") }
      return bucketed(type, .dateTime(zone: zone), bucket, call.session)
    case .day: return bucketed(type, .dateTime(zone: zone), bucket, call.session)
    case .week, .month, .quarter, .year:
      return bucketed(type, .date, in: clock, around: { bucket.days(around: $0) })
    }
  }

  /// Buckets below a second: cut to the unit's own precision, then to multiples.
  static func subsecond(
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

  /// Buckets whose starts are times, on the clock of the result.
  static func bucketed(
    _ type: DataType, _ result: DataType, _ bucket: TimeBucket, _ session: TimeZone
  ) -> Resolution {
    let zone = result.timeZone(in: session)
    if type == .date {
      return bucketed(type, result, in: zone, around: { bucket.days(around: $0) })
    }
    let scale = TimeArithmetic.ticksPerSecond(type)
    let isSeconds = result.physical == .uint32
    return .kernel(result) { input in
      let ticks = input.operands[0].integers(Int64.self)
      if isSeconds {
        return .column(
          result,
          runs(ticks, input.rows) { tick -> (UInt32, Range<Int64>) in
            let found = bucket.ticks(around: tick, perSecond: scale, in: zone)
            return (UInt32(clamping: found.start.floorDivided(by: scale)), found.span)
          })
      }
      let coarser = scale / TimeArithmetic.ticksPerSecond(result)
      return .column(
        result,
        runs(ticks, input.rows) { tick -> (Int64, Range<Int64>) in
          let found = bucket.ticks(around: tick, perSecond: scale, in: zone)
          return (found.start.floorDivided(by: coarser), found.span)
        })
    }
  }

  /// Buckets of whole days, given as the range of days around a day. The result is a date, or the instant that day
  /// begins at.
  static func bucketed(
    _ type: DataType, _ result: DataType, in zone: TimeZone,
    around days: @escaping @Sendable (Int64) -> Range<Int64>
  ) -> Resolution {
    let scale = TimeArithmetic.ticksPerSecond(type)
    let around: @Sendable (Int64) -> (days: Range<Int64>, span: Range<Int64>) = { tick in
      if type == .date {
        let range = days(tick)
        return (range, range)
      }
      let found = zone.instants(around: tick.floorDivided(by: scale), days: days)
      return (found.days, TimeArithmetic.ticks(found.instants, scale))
    }
    return .kernel(result) { input in
      let ticks = input.operands[0].integers(Int64.self)
      if result == .date {
        return .column(
          result,
          runs(ticks, input.rows) { tick -> (UInt16, Range<Int64>) in
            let found = around(tick)
            return (UInt16(clamping: found.days.lowerBound), found.span)
          })
      }
      if result == .date32 {
        let limits = TimeArithmetic.date32Days
        return .column(
          result,
          runs(ticks, input.rows) { tick -> (Int32, Range<Int64>) in
            let found = around(tick)
            let day = min(max(found.days.lowerBound, limits.lowerBound), limits.upperBound)
            return (Int32(truncatingIfNeeded: day), found.span)
          })
      }
      return .column(
        result,
        runs(ticks, input.rows) { tick -> (UInt32, Range<Int64>) in
          let found = around(tick)
          return (UInt32(clamping: zone.start(ofDay: found.days.lowerBound)), found.span)
        })
    }
  }

  /// Maps ticks to a value that holds for a range of ticks, working it out only where a row leaves the range of the
  /// one before: market data comes in time order, so that is rare.
  static func runs<Out: ColumnInteger>(
    _ ticks: Vector<Int64>, _ rows: Int, _ around: (Int64) -> (value: Out, span: Range<Int64>)
  ) -> [Out] {
    guard case .array(let v) = ticks else {
      if case .scalar(let x) = ticks { return Array(repeating: around(x).value, count: rows) }
      return []
    }
    return unsafe [Out](unsafeUninitializedCapacity: rows) { out, count in
      var low: Int64 = 0
      var high: Int64 = 0
      var current: Out = 0
      for row in 0..<rows {
        let tick = v[row]
        if tick < low || tick >= high {
          let found = around(tick)
          low = found.span.lowerBound
          high = found.span.upperBound
          current = found.value
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
      "toMillisecond", .dateTime, arguments: "t[, 'zone']", result: "UInt16",
      summary: "The milliseconds within the second.", arity: 1...2, aliases: ["MILLISECOND"]
    ) { (call) throws(SQLError) in
      guard call.types[0].isTime else { throw call.illegal(0, "a time") }
      // No offset has a part of a second; the argument is checked and makes no difference.
      _ = try clock(call, argument: 1)
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
      "toYYYYMMDDhhmmss", .dateTime, arguments: "t[, 'zone']", result: "UInt64",
      summary: "Date and time as a number.", arity: 1...2
    ) { (call) throws(SQLError) in
      guard call.types[0].isDateOrTime else { throw call.illegal(0, "a date or time") }
      let isDate = call.types[0] == .date
      let zone = isDate ? .utc : try clock(call, argument: 1)
      let scale = TimeArithmetic.ticksPerSecond(call.types[0])
      return .kernel(.uint64) { input in
        var clock = ZoneCursor(zone)
        return .column(
          .uint64,
          input.operands[0].integers(Int64.self).map(rows: input.rows) { ticks -> UInt64 in
            let instant = isDate ? ticks * 86_400 : ticks.floorDivided(by: scale)
            let seconds = instant &+ clock.offset(at: instant)
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
      name, .dateTime, arguments: "t[, 'zone']", result: type.description, summary: summary,
      arity: 1...2, aliases: aliases, aliasesAnyCase: true
    ) { (call) throws(SQLError) in
      let time = call.types[0]
      guard time.isDateOrTime else { throw call.illegal(0, "a date or time") }
      let zone = try clock(call, argument: 1)
      return .kernel(type) { input in
        let out: [Int64] = runs(input.operands[0].integers(Int64.self), input.rows) { tick in
          let found = TimeArithmetic.day(around: tick, time, in: zone)
          return (part(CivilDate(daysSinceEpoch: Int(found.day)), found.day), found.span)
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
      name, .dateTime, arguments: "t[, 'zone']", result: "UInt8", summary: summary, arity: 1...2,
      aliases: aliases, aliasesAnyCase: true
    ) { (call) throws(SQLError) in
      let time = call.types[0]
      guard time.isTime else { throw call.illegal(0, "a time") }
      let zone = try clock(call, argument: 1)
      let scale = TimeArithmetic.ticksPerSecond(time)
      return .kernel(.uint8) { input in
        var clock = ZoneCursor(zone)
        return .column(
          .uint8,
          input.operands[0].integers(Int64.self).map(rows: input.rows) {
            let seconds = $0.floorDivided(by: scale)
            let local = seconds &+ clock.offset(at: seconds)
            return UInt8(truncatingIfNeeded: part(local.floorModulo(86_400)))
          })
      }
    }
  }

  // MARK: Differences

  private static let dateDifference = ScalarFunction(
    "dateDiff", .dateTime, arguments: "'unit', a, b[, 'zone']", result: "Int64",
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
    let from = call.types[1]
    let to = call.types[2]
    let fromZone = try clock(call, of: 1, argument: 3)
    let toZone = try clock(call, of: 2, argument: 3)
    return .kernel(.int64) { input in
      var fromClock = ZoneCursor(fromZone)
      var toClock = ZoneCursor(toZone)
      return .column(
        .int64,
        zipVectors(
          input.operands[1].integers(Int64.self), input.operands[2].integers(Int64.self),
          rows: input.rows
        ) { a, b -> Int64 in
          let difference = ordinal(b, to, unit, &toClock) - ordinal(a, from, unit, &fromClock)
          return Int64(truncatingIfNeeded: difference)
        })
    }
  }

  /// The running number of the unit an instant lies in: days and longer units on the local calendar, hours by the
  /// minutes that the zone's hours began at in 1970, as in ClickHouse, and shorter units as in UTC.
  private static func ordinal(
    _ ticks: Int64, _ type: DataType, _ unit: IntervalUnit, _ clock: inout ZoneCursor
  ) -> Int128 {
    let scale = TimeArithmetic.ticksPerSecond(type)
    if unit.fractionDigits > 0 {
      let perSecond = Int128(powersOfTen[unit.fractionDigits])
      if type == .date { return Int128(ticks) * 86_400 * perSecond }
      let product = Int128(ticks) * perSecond
      let quotient = product / Int128(scale)
      return product % Int128(scale) < 0 ? quotient - 1 : quotient
    }
    let seconds = type == .date ? ticks &* 86_400 : ticks.floorDivided(by: scale)
    let isDate = type == .date
    let days =
      isDate ? ticks : (seconds &+ clock.offset(at: seconds)).floorDivided(by: 86_400)
    switch unit {
    case .second: return Int128(seconds)
    case .minute: return Int128(seconds.floorDivided(by: 60))
    case .hour:
      let minutes = isDate ? 0 : clock.zone.offsetAtEpoch.floorModulo(3_600)
      return Int128((seconds &- minutes).floorDivided(by: 3_600))
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
        "toUnixTimestamp", .dateTime, arguments: "t[, 'zone']", result: "UInt32",
        summary:
          "Seconds since 1970-01-01 00:00:00 UTC. A string is read as a DateTime of the zone first.",
        arity: 1...2, traits: .mayThrow
      ) { (call) throws(SQLError) in
        let zone = try zoneName(call, 1, otherwise: nil)
        if call.types[0] == .string {
          let time = try call.builder.cast(call.arguments[0], to: .dateTime(zone: zone))
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
          "fromUnixTimestamp64\(name)", .dateTime, arguments: "n[, 'zone']",
          result: "DateTime64(\(digits))",
          summary: "The time of a count since 1970, at 10^-\(digits) seconds.", arity: 1...2
        ) { (call) throws(SQLError) in
          guard call.types[0].isInteger else { throw call.illegal(0, "an integer") }
          let type = DataType.dateTime64(
            precision: UInt8(digits),
            zone: try zoneName(call, 1, otherwise: nil, mayBeEmpty: true))
          return .kernel(type) { input in
            .column(type, input.operands[0].integers(Int64.self).map(rows: input.rows) { $0 })
          }
        },
      ]
    }

  // MARK: The clock of the statement

  private static let clocks: [ScalarFunction] = [
    ScalarFunction(
      "now", .dateTime, arguments: "['zone']", result: "DateTime",
      summary: "The moment the statement began; the same in all rows.", arity: 0...1,
      aliases: ["current_timestamp"], anyCase: true
    ) { (call) throws(SQLError) in
      let zone = try zoneName(call, 0, otherwise: nil, mayBeEmpty: true)
      let seconds = try moment(call).floorDivided(by: 1_000_000_000)
      return .constant(.uint(UInt64(UInt32(clamping: seconds))), .dateTime(zone: zone))
    },
    ScalarFunction(
      "now64", .dateTime, arguments: "[precision[, 'zone']]", result: "DateTime64(precision)",
      summary: "As now, in 10^-precision seconds (3 by default).", arity: 0...2, anyCase: true
    ) { (call) throws(SQLError) in
      let precision = call.count == 0 ? 3 : call.constant(0)?.int64 ?? -1
      guard (0...9).contains(precision) else {
        throw SQLError(
          .argumentOutOfBound, "now64 expects a precision from 0 to 9", at: call.position)
      }
      let zone = try zoneName(call, 1, otherwise: nil, mayBeEmpty: true)
      let ticks = try moment(call).floorDivided(by: powersOfTen[9 - Int(precision)])
      return .constant(.int(ticks), .dateTime64(precision: UInt8(precision), zone: zone))
    },
    ScalarFunction(
      "today", .dateTime, arguments: "", result: "Date", summary: "The date of now().",
      arity: 0...0, aliases: ["current_date", "curdate"], anyCase: true
    ) { (call) throws(SQLError) in
      let day = call.session.day(at: try moment(call).floorDivided(by: 1_000_000_000))
      return .constant(.uint(UInt64(UInt16(clamping: day))), .date)
    },
    ScalarFunction(
      "yesterday", .dateTime, arguments: "", result: "Date", summary: "The day before today().",
      arity: 0...0
    ) { (call) throws(SQLError) in
      let day = call.session.day(at: try moment(call).floorDivided(by: 1_000_000_000)) - 1
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
        arity: 2...2, traits: .exactTypes
      ) { (call) throws(SQLError) in
        guard call.types[0].isDateOrTime || call.types[0] == .date32 else {
          throw call.illegal(0, "a date or time")
        }
        let interval = try call.builder.call(
          "toInterval\(unit.rawValue)", [call.arguments[1]], at: call.position)
        return .expression(
          try call.builder.call(function, [call.arguments[0], interval], at: call.position))
      }
    }
  }
}
