/// parseDateTime by a pattern, and parseDateTimeBestEffort without one: with the day or the month first, in seconds or
/// finer, and with NULL or zero for what is no time.
import TickColumns

extension FunctionTable {
  static let timeParsers: [ScalarFunction] =
    [false, true].flatMap { isFine in
      [false, true].flatMap { monthFirst in
        [ParseFailure.error, .null, .zero].map { bestEffort(isFine, monthFirst, $0) }
      }
    }
    + [
      byPattern(.error, ["TO_UNIXTIME"]), byPattern(.null, ["str_to_date"]), byPattern(.zero, []),
      byPattern(.error, [], isJoda: true), byPattern(.null, [], isJoda: true),
      byPattern(.zero, [], isJoda: true),
    ]

  private enum ParseFailure: String { case error = "", null = "OrNull", zero = "OrZero" }

  private static func bestEffort(
    _ isFine: Bool, _ monthFirst: Bool, _ failure: ParseFailure
  ) -> ScalarFunction {
    let name =
      "parseDateTime\(isFine ? "64" : "")BestEffort\(monthFirst ? "US" : "")\(failure.rawValue)"
    let plain = isFine ? "DateTime64(precision)" : "DateTime"
    let otherwise =
      switch failure {
      case .error: "What is no time is error 41."
      case .null: "NULL for what is no time."
      case .zero: "1970-01-01 for what is no time."
      }
    return ScalarFunction(
      name, .dateTime, arguments: isFine ? "s[, precision[, 'zone']]" : "s[, 'zone']",
      result: failure == .null ? "Nullable(\(plain))" : plain,
      summary:
        "The time that s means, however it is written; in 03/04/2024 the \(monthFirst ? "month" : "day") is first. "
        + otherwise, arity: isFine ? 1...3 : 1...2,
      traits: failure == .error ? .mayThrow : .ownNulls
    ) { (call) throws(SQLError) in
      if call.types[0] == .nullable(.nothing) { return .constant(.null, .nullable(.nothing)) }
      guard call.types[0].withoutNullable == .string else { throw call.illegal(0, "String") }
      let zone = try zoneName(call, isFine ? 2 : 1, otherwise: nil)
      var precision: Int64 = isFine ? 3 : 0
      if isFine, call.count > 1 {
        guard let constant = call.constant(1)?.int64, call.types[1].isInteger else {
          throw call.illegal(1, "a constant precision")
        }
        precision = constant
      }
      guard (0...9).contains(precision) else {
        throw SQLError(
          .argumentOutOfBound, "\(name) expects a precision from 0 to 9", at: call.position)
      }
      let type: DataType =
        isFine
        ? .dateTime64(precision: UInt8(precision), zone: zone) : .dateTime(zone: zone)
      let digits = Int(precision)
      let clockZone = type.timeZone(in: call.session)
      let today = clockZone.day(
        at: (call.builder.context.now ?? 0).floorDivided(by: 1_000_000_000))
      let isNullable = failure == .null || call.types[0].isNullable
      let result = isNullable && failure != .error ? type.madeNullable : type
      return .kernel(result) { (input) throws(SQLError) in
        let operand = input.operands[0]
        if operand.isConstantNull { return .constant(.null, result) }
        let valid = input.valid ?? operand.validity
        let strings = operand.strings
        var clock = ZoneCursor(clockZone, isLocal: true)
        var ticks = [Int64](repeating: 0, count: input.rows)
        var marks = [UInt8](repeating: 1, count: input.rows)
        for row in 0..<input.rows where valid?[row] != 0 {
          let time = BestEffortTime(
            strings[row], monthFirst: monthFirst, isFine: isFine, today: today, &clock)
          if let time, !time.hasRest, let found = time.ticks(precision: digits) {
            ticks[row] = found
          } else if failure == .error {
            throw refusal(of: strings[row], time)
          } else {
            marks[row] = 0
          }
        }
        let times = isFine ? ticks : ticks.map { Int64(UInt32(clamping: $0)) }
        let column = convertIntegers(.column(.int64, times), to: type, rows: input.rows)
          .column(rows: input.rows)
        guard result.isNullable else { return .column(column) }
        let known = failure == .null ? Column.intersect(operand.validity, marks) : operand.validity
        return .column(column.masked(by: known))
      }
    }
  }

  private static func refusal(of text: ArraySlice<UInt8>, _ time: BestEffortTime?) -> SQLError {
    let shown = String(decoding: text, as: UTF8.self)
    guard let time else {
      return SQLError(.cannotParseDatetime, "Cannot read a time from '\(shown)'")
    }
    return time.hasRest
      ? SQLError(.cannotParseText, "Cannot parse string '\(shown)' as a time: text is left over")
      : SQLError(.decimalOverflow, "The time '\(shown)' does not fit the type")
  }

  // MARK: By a pattern

  private static func byPattern(
    _ failure: ParseFailure, _ aliases: [String], isJoda: Bool = false
  ) -> ScalarFunction {
    let name = "parseDateTime\(isJoda ? "InJodaSyntax" : "")\(failure.rawValue)"
    let syntax =
      isJoda
      ? "formatDateTimeInJodaSyntax has it (yyyy-MM-dd HH:mm:ss by default; also w week, z zone, Z offset). "
      : "formatDateTime has it (%Y-%m-%d %H:%i:%s by default). "
    let otherwise =
      switch failure {
      case .error: "What does not fit is error 41."
      case .null: "NULL for what does not fit."
      case .zero: "1970-01-01 for what does not fit."
      }
    return ScalarFunction(
      name, .dateTime, arguments: "s[, 'pattern'[, 'zone']]",
      result: failure == .null ? "Nullable(DateTime('zone'))" : "DateTime('zone')",
      summary:
        "The time that s means by a pattern as \(syntax)" + otherwise, arity: 1...3,
      aliases: aliases, aliasesAnyCase: true,
      traits: failure == .error ? .mayThrow : .ownNulls
    ) { (call) throws(SQLError) in
      if call.types[0] == .nullable(.nothing) { return .constant(.null, .nullable(.nothing)) }
      guard call.types[0].withoutNullable == .string else { throw call.illegal(0, "String") }
      let pattern = try pattern(call, isJoda: isJoda)
      let type = DataType.dateTime(zone: try zoneName(call, 2, otherwise: call.session.name))
      let zone = type.timeZone(in: call.session)
      let isNullable = failure == .null || call.types[0].isNullable
      let result = isNullable && failure != .error ? type.madeNullable : type
      return .kernel(result) { (input) throws(SQLError) in
        let operand = input.operands[0]
        if operand.isConstantNull { return .constant(.null, result) }
        let valid = input.valid ?? operand.validity
        let strings = operand.strings
        var clock = ZoneCursor(zone, isLocal: true)
        var out = [UInt32](repeating: 0, count: input.rows)
        var marks = [UInt8](repeating: 1, count: input.rows)
        for row in 0..<input.rows where valid?[row] != 0 {
          if let seconds = PatternReader.seconds(strings[row], pattern, &clock).flatMap(
            UInt32.init(exactly:))
          {
            out[row] = seconds
          } else if failure == .error {
            throw SQLError(
              .cannotParseDatetime,
              "'\(String(decoding: strings[row], as: UTF8.self))' does not fit the pattern of \(name)"
            )
          } else {
            marks[row] = 0
          }
        }
        guard result.isNullable else { return .column(type, out) }
        let known = failure == .null ? Column.intersect(operand.validity, marks) : operand.validity
        return .column(Column(type, .uint32(out)).masked(by: known))
      }
    }
  }

  private static func pattern(
    _ call: FunctionBinding, isJoda: Bool
  ) throws(SQLError) -> [TimePiece] {
    var bytes = Array((isJoda ? "yyyy-MM-dd HH:mm:ss" : "%Y-%m-%d %H:%i:%s").utf8)
    var place = call.position
    if call.count > 1 {
      guard case .bytes(let given)? = call.constant(1), call.types[1].withoutNullable == .string
      else {
        throw SQLError(
          .illegalColumn, "Argument 2 of function \(call.name) must be a constant string",
          at: call.arguments[1].position ?? call.position)
      }
      bytes = given
      place = call.arguments[1].position ?? call.position
    }
    do throws(SQLError) {
      if isJoda { return try TimePiece.jodaPieces(of: bytes, for: call.name, toWrite: false) }
      let pieces = try TimePiece.pieces(of: bytes, for: call.name)
      if pieces.contains(where: \.isQuarter) {
        throw SQLError(.notImplemented, "\(call.name) does not support %Q")
      }
      return pieces
    } catch {
      throw SQLError(error.code, error.message, at: place)
    }
  }
}

extension TimePiece {
  /// A quarter says too little of a date.
  fileprivate var isQuarter: Bool {
    if case .letter(.quarter) = self { true } else { false }
  }
}
