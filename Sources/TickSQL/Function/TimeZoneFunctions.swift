import TickColumns

/// Functions about zones, and how all functions read a zone argument.
///
/// The zone of a value is part of its type, so a zone argument is a constant.
extension FunctionTable {
  static let timeZones: [ScalarFunction] = [
    ScalarFunction(
      "toTimeZone", .dateTime, arguments: "t, 'zone'", result: "type of t with that zone",
      summary: "The same instant on the clock of another zone.", arity: 2...2,
      aliases: ["toTimezone"]
    ) { (call) throws(SQLError) in
      let zone = try zoneName(call, 1, otherwise: nil, mayBeEmpty: true)
      let type: DataType
      switch call.types[0] {
      case .dateTime: type = .dateTime(zone: zone)
      case .dateTime64(let precision, _): type = .dateTime64(precision: precision, zone: zone)
      default: throw call.illegal(0, "DateTime or DateTime64")
      }
      return .kernel(type) { input in input.operands[0].relabelled(type) }
    },
    ScalarFunction(
      "timeZoneOf", .dateTime, arguments: "t", result: "String",
      summary: "The name of the zone of t's type; the server's where it names none.", arity: 1...1,
      aliases: ["timezoneOf"], traits: .ownNulls
    ) { (call) throws(SQLError) in
      guard call.types[0].withoutNullable.isTime else {
        throw call.illegal(0, "DateTime or DateTime64")
      }
      return .constant(.text(call.types[0].timeZone(in: call.session).name), .string)
    },
    ScalarFunction(
      "timeZoneOffset", .dateTime, arguments: "t", result: "Int32",
      summary: "Seconds that the clock of t's zone is ahead of UTC.", arity: 1...1,
      aliases: ["timezoneOffset"]
    ) { (call) throws(SQLError) in
      let type = call.types[0]
      guard type.isTime else { throw call.illegal(0, "DateTime or DateTime64") }
      let scale = TimeArithmetic.ticksPerSecond(type)
      let zone = type.timeZone(in: call.session)
      return .kernel(.int32) { input in
        var clock = ZoneCursor(zone)
        return .column(
          .int32,
          input.operands[0].integers(Int64.self).map(rows: input.rows) {
            Int32(truncatingIfNeeded: clock.offset(at: $0.floorDivided(by: scale)))
          })
      }
    },
  ]

  /// The zone that an argument names, or `otherwise` where there is no such argument. Nil is the server's zone.
  ///
  /// - Parameter mayBeEmpty: '' stands for the server's zone, as where a type is made; elsewhere it is an error.
  static func zoneName(
    _ call: FunctionBinding, _ i: Int, otherwise: String?, mayBeEmpty: Bool = false
  ) throws(SQLError) -> String? {
    guard i < call.count else { return otherwise }
    let place = call.arguments[i].position ?? call.position
    guard call.types[i] == .string else { throw call.illegal(i, "the name of a time zone") }
    guard case .bytes(let bytes)? = call.constant(i) else {
      throw SQLError(
        .illegalColumn,
        "The time zone argument of function \(call.name) must be a constant string", at: place)
    }
    if bytes.isEmpty, mayBeEmpty { return nil }
    guard !bytes.isEmpty else {
      throw SQLError(
        .illegalTypeOfArgument,
        "The time zone argument of function \(call.name) must be the name of a time zone",
        at: place)
    }
    let name = String(decoding: bytes, as: UTF8.self)
    guard TimeZone.named(name) != nil else {
      throw SQLError(
        .badArguments, "Cannot load time zone \(name)", at: place,
        hint: NearestName.hint(for: name, among: TimeZone.names))
    }
    return name
  }

  /// The clock that a function reads its first argument by: of the zone argument, or of the argument's own type.
  static func clock(_ call: FunctionBinding, of time: Int = 0, argument i: Int) throws(SQLError)
    -> TimeZone
  {
    guard let name = try zoneName(call, i, otherwise: nil) else {
      return call.types[time].timeZone(in: call.session)
    }
    return TimeZone.named(name) ?? .utc
  }

  /// The name that a result has for the clock it was worked out by: the argument's, or the type's own.
  static func resultZone(_ call: FunctionBinding, argument i: Int) throws(SQLError) -> String? {
    try zoneName(call, i, otherwise: TimeArithmetic.zone(of: call.types[0]))
  }
}

extension DataType {
  /// DateTime or DateTime64: an instant.
  var isTime: Bool { isDateOrTime && self != .date }
}
