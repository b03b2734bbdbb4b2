/// Aggregates that give an array of a group's values, chosen or added up.
import TickColumns

extension AggregateFunction {
  static let arrayBuilders: [AggregateFunction] = [
    AggregateFunction(
      "groupArrayLast", arguments: "x", result: "Array(type of x)",
      summary:
        "The last values to arrive, as many as the parameter says; where there were more, the value of number i "
        + "stands at place i modulo that.",
      arity: 1...1, traits: .takesParameters
    ) { (call) throws(SQLError) in
      guard let count = try call.count(default: nil) else {
        throw call.missingParameter("how many values")
      }
      return .collected(call.types, .array(call.types[0]), neverNull: true) {
        (rows) throws(SQLError) in
        try rows.picked(0) { range in
          guard range.count > count else { return Array(range) }
          // A ring: each value overwrites the one that came `count` before.
          return (0..<count).map { place in
            let last = range.count - 1
            return range.lowerBound + last - ((last - place) % count + count) % count
          }
        }
      }
    },
    AggregateFunction(
      "groupArraySorted", arguments: "x", result: "Array(type of x)",
      summary: "The least values in ascending order, as many as the parameter says.", arity: 1...1,
      traits: .takesParameters
    ) { (call) throws(SQLError) in
      guard let count = try call.count(default: nil) else {
        throw call.missingParameter("how many values")
      }
      return .collected(call.types, .array(call.types[0]), neverNull: true) {
        (rows) throws(SQLError) in
        let order = try CancellationPoint.sorted(
          [SortKey(rows.columns[0])], rowCount: rows.columns[0].count)
        var ranks = [Int32](repeating: 0, count: order.count)
        try CancellationPoint.forEachPiece(of: order.indices) { piece in
          for rank in piece { ranks[Int(order[rank])] = Int32(truncatingIfNeeded: rank) }
        }
        return try rows.picked(0) { (range) throws(SQLError) in
          var places = try CancellationPoint.map(range.count) { range.lowerBound + $0 }
          try CancellationPoint.sort(&places) { ranks[$0] < ranks[$1] }
          return Array(places.prefix(count))
        }
      }
    },
    insertAt,
    moving("groupArrayMovingSum", isAverage: false, "The sums of the values so far"),
    moving("groupArrayMovingAvg", isAverage: true, "The moving averages"),
    AggregateFunction(
      "groupArrayIntersect", arguments: "array", result: "type of x",
      summary: "The elements that all arrays have, in the order of the first of them.",
      arity: 1...1
    ) { (call) throws(SQLError) in
      guard case .array(let element) = call.types[0] else { throw call.illegal(0, "an array") }
      return .collected(call.types, call.types[0], neverNull: true) { (rows) throws(SQLError) in
        try common(rows, element)
      }
    },
  ]

  private static let insertAt = AggregateFunction(
    "groupArrayInsertAt", arguments: "x, place", result: "Array(type of x)",
    summary:
      "An array with each x at its place (from 0), of several the first to arrive. Parameters: what stands in "
      + "between, the type's zero value by default, and the length.",
    arity: 2...2, traits: .takesParameters
  ) { (call) throws(SQLError) in
    let type = call.types[0]
    guard call.types[1].isInteger, !call.types[1].isSignedInteger else {
      throw call.illegal(1, "an unsigned integer")
    }
    try call.requireParameters(0...2)
    var filling = Value.defaultValue(of: type)
    if let given = call.parameters.first {
      guard let value = filler(given, as: type) else {
        throw SQLError(
          .typeMismatch,
          "The default of aggregate function \(call.name) is no \(type)", at: call.position)
      }
      filling = value
    }
    var length: Int?
    if call.parameters.count == 2 {
      guard let count = call.parameters[1].value.int64, (1...insertPlacesMax).contains(count) else {
        throw SQLError(
          .badArguments,
          "The length of aggregate function \(call.name) must be from 1 to "
            + "\(insertPlacesMax)", at: call.position)
      }
      length = Int(count)
    }
    let (zero, size) = (filling, length)
    return .collected(call.types, .array(type), neverNull: true) { (rows) throws(SQLError) in
      try inserted(rows, type, zero, size)
    }
  }

  private static func filler(_ given: AggregateParameter, as type: DataType) -> Value? {
    if given.type == type { return given.value }
    if type.isFloat { return given.value.double.map { .float($0) } }
    return type.isInteger && given.type.isInteger
      ? FunctionTable.exactInteger(given.value, type) : nil
  }

  /// As in ClickHouse.
  private static let insertPlacesMax: Int64 = 0xFF_FFFF

  private static func inserted(
    _ rows: CollectedRows, _ type: DataType, _ zero: Value, _ length: Int?
  ) throws(SQLError) -> Column {
    let places = KernelValue.column(rows.columns[1]).integers(UInt64.self)
    let pool = try CancellationPoint.concatenate(
      type, [rows.columns[0], Column(type, of: [zero])])
    let filler = Int32(truncatingIfNeeded: rows.columns[0].count)
    var offsets = [0]
    var positions: [Int32] = []
    for group in rows.groups {
      let start = positions.count
      if let length { positions.append(contentsOf: repeatElement(filler, count: length)) }
      for row in rows.rows(group) {
        let place = places.element(row)
        if let length, place >= UInt64(length) { continue }
        guard place < UInt64(insertPlacesMax) else {
          throw SQLError(
            .tooLargeArraySize,
            "Too large array size: position argument (\(place)) is greater or equals to limit "
              + "(\(insertPlacesMax))")
        }
        let wanted = start + Int(place)
        if positions.count <= wanted {
          guard wanted < ArrayRows.elementsMax else {
            throw SQLError(
              .tooLargeArraySize,
              "groupArrayInsertAt makes more than \(ArrayRows.elementsMax) elements")
          }
          positions.append(contentsOf: repeatElement(filler, count: wanted - positions.count + 1))
        }
        if positions[wanted] == filler { positions[wanted] = Int32(truncatingIfNeeded: row) }
      }
      offsets.append(positions.count)
    }
    return Column(
      .array(type), .array(ArrayValues(offsets: offsets, elements: try pool.picked(positions))))
  }

  private static func moving(
    _ name: String, isAverage: Bool, _ summary: String
  ) -> AggregateFunction {
    AggregateFunction(
      name, arguments: "x", result: "Array of Int64, UInt64, Float64 or Decimal(38, scale)",
      summary:
        "\(summary), in order of arrival. Parameter: how many values a window has, all of them by default.",
      arity: 1...1, traits: .takesParameters
    ) { (call) throws(SQLError) in
      let type = call.types[0]
      guard type.isNumber || type == .float32 || type.isDecimal, !type.isWideInteger else {
        throw call.illegal(0, "a number")
      }
      let window = try call.count(default: nil)
      let element: DataType
      if type.isDecimal {
        element = .decimal(
          precision: UInt8(DataType.decimalPrecisionMax), scale: UInt8(type.decimalScale))
      } else if type.isFloat || isAverage {
        element = .float64
      } else {
        element = type.isSignedInteger ? .int64 : .uint64
      }
      return .collected(call.types, .array(element), neverNull: true) { rows in
        let values: ColumnValues
        if type.isDecimal {
          let numbers = FunctionTable.wide(.column(rows.columns[0]))
          let sums = windowSums(rows, window) {
            numbers.at($0)
          } add: {
            $0 &+ $1
          } subtract: {
            $0 &- $1
          }
          values = .int128(isAverage ? sums.map { $0.sum / Int128($0.width) } : sums.map(\.sum))
        } else if type.isFloat {
          let numbers = rows.doubles(0)
          let sums = windowSums(rows, window) {
            numbers[$0]
          } add: {
            $0 + $1
          } subtract: {
            $0 - $1
          }
          values = .float64(
            isAverage ? sums.map { $0.sum / Double($0.width) } : sums.map(\.sum))
        } else {
          let numbers = KernelValue.column(rows.columns[0]).integers(Int64.self)
          let sums = windowSums(rows, window) {
            numbers.element($0)
          } add: {
            $0 &+ $1
          } subtract: {
            $0 &- $1
          }
          if isAverage {
            values = .float64(
              sums.map { window in
                type.isSignedInteger
                  ? Double(window.sum) / Double(window.width)
                  : Double(UInt64(bitPattern: window.sum)) / Double(window.width)
              })
          } else {
            values =
              element == .int64
              ? .int64(sums.map(\.sum)) : .uint64(sums.map { UInt64(bitPattern: $0.sum) })
          }
        }
        return Column(
          .array(element),
          .array(ArrayValues(offsets: rows.offsets, elements: Column(element, values))))
      }
    }
  }

  /// For each row the sum up to it, less the sum up to the row that has left the window; the width is that of the
  /// window, whether it is full or not.
  private static func windowSums<Number>(
    _ rows: CollectedRows, _ window: Int?, _ number: (Int) -> Number,
    add: (Number, Number) -> Number, subtract: (Number, Number) -> Number
  ) -> [(sum: Number, width: Int)] {
    var out: [(sum: Number, width: Int)] = []
    for group in rows.groups {
      let range = rows.rows(group)
      let width = window ?? range.count
      var totals: [Number] = []
      for row in range {
        let value = number(row)
        totals.append(totals.last.map { add($0, value) } ?? value)
        let place = totals.count - 1
        let sum = place >= width ? subtract(totals[place], totals[place - width]) : totals[place]
        out.append((sum, width))
      }
    }
    return out
  }

  /// Elements of all arrays of a group, each once.
  private static func common(_ rows: CollectedRows, _ element: DataType) throws(SQLError) -> Column
  {
    let arrays = ArrayRows(.column(rows.columns[0]))
    let elements = arrays.elements.expandingCodes()
    var table = GroupTable([elements.type])
    let ids = try table.groups([elements], starts: (0..<Int32(elements.count)).map { $0 })
    var offsets = [0]
    var positions: [Int32] = []
    var counts = [Int](repeating: 0, count: table.count)
    var owners = [Int](repeating: -1, count: table.count)
    for group in rows.groups {
      let range = rows.rows(group)
      for id in counts.indices { counts[id] = 0 }
      for row in range {
        for place in arrays.range(row) {
          let id = Int(ids[place])
          // Several equal elements of one array count once.
          if owners[id] == row { continue }
          owners[id] = row
          counts[id] += 1
        }
      }
      if let first = range.first {
        for place in arrays.range(first) where counts[Int(ids[place])] == range.count {
          counts[Int(ids[place])] = 0
          positions.append(Int32(truncatingIfNeeded: place))
        }
      }
      offsets.append(positions.count)
    }
    return Column(
      .array(element),
      .array(ArrayValues(offsets: offsets, elements: try arrays.elements.picked(positions))))
  }

  // MARK: Text

  static let texts: [AggregateFunction] = [
    AggregateFunction(
      "groupConcat", arguments: "x", result: "String",
      summary:
        "The texts of the values in order of arrival. Parameters: what stands between them, and how many at most.",
      arity: 1...1, aliases: ["group_concat", "string_agg"], anyCase: true, traits: .takesParameters
    ) { (call) throws(SQLError) in
      try call.requireParameters(0...2)
      var delimiter: [UInt8] = []
      if let given = call.parameters.first {
        guard case .bytes(let bytes) = given.value else {
          throw SQLError(
            .illegalTypeOfArgument,
            "The delimiter of aggregate function \(call.name) must be a string",
            at: call.position)
        }
        delimiter = Array(bytes)
      }
      var most = Int.max
      if call.parameters.count == 2 {
        guard let count = call.parameters[1].value.int64, count > 0 else {
          throw SQLError(
            .badArguments, "The limit of aggregate function \(call.name) must be positive",
            at: call.position)
        }
        most = Int(clamping: count)
      }
      let (between, limit, session) = (delimiter, most, call.session)
      return .collected(call.types, .string) { (rows) throws(SQLError) in
        try concatenated(rows, between, limit, in: session)
      }
    }
  ]

  private static func concatenated(
    _ rows: CollectedRows, _ delimiter: [UInt8], _ limit: Int, in session: TimeZone
  ) throws(SQLError) -> Column {
    let texts = rows.columns[0].plainTexts(in: session)
    var out = StringValues()
    for group in rows.groups {
      var text: [UInt8] = []
      for (i, row) in rows.rows(group).prefix(limit).enumerated() {
        if i > 0 { text += delimiter }
        text += texts[row]
        guard text.count <= TextBuilder.bytesMax else {
          throw SQLError(
            .tooLargeStringSize,
            "groupConcat makes a string of more than \(TextBuilder.bytesMax) bytes")
        }
      }
      out.append(text[...])
    }
    return Column(.string, .string(out))
  }
}

extension AggregateBinding {
  func missingParameter(_ what: String) -> SQLError {
    SQLError(
      .badArguments, "Aggregate function \(name) needs a parameter: \(what)", at: position)
  }
}
