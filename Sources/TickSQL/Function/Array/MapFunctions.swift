import TickColumns

/// Maps: arrays of pairs, in the order they were given. A key may stand twice; the first counts.
enum MapFunctions {
  static func pairs(_ key: DataType, _ value: DataType) -> DataType {
    DataType.map(key: key, value: value).elementType ?? .tuple([])
  }

  /// `m[key]`.
  static func lookUp(
    _ call: FunctionBinding, _ key: DataType, _ value: DataType
  ) throws(SQLError) -> Resolution {
    if call.arguments[1].constant == .null { return .constant(.null, .nullable(.nothing)) }
    if key == .nothing { throw call.illegal(1, "a key") }
    let common = try call.commonElement([key, call.types[1]])
    let keys = try call.builder.cast(
      try call.builder.call("mapKeys", [call.arguments[0]], at: call.position), to: .array(common))
    return .kernel(
      value, arguments: [call.arguments[0], keys, try call.cast(1, common)]
    ) { (input) throws(SQLError) in
      let maps = ArrayRows(input.operands[0])
      guard case .tuple(let columns, _) = maps.elements.values else { return input.operands[0] }
      let keys = ArrayRows(input.operands[1])
      var table = ElementIds([common], nanIsOne: false)
      let ids = try table.ids([keys.elements])
      let wanted = try table.ids(input.operands[2], rows: input.rows)
      let positions = (0..<input.rows).map { row -> Int32 in
        let id = wanted.element(row)
        guard id >= 0, let place = ids[keys.range(row)].firstIndex(of: id) else { return -1 }
        // Keys and pairs may be held differently, as a constant or as rows.
        return Int32(
          truncatingIfNeeded: place - keys.range(row).lowerBound + maps.range(row).lowerBound)
      }
      return .column(try FunctionTable.gathered(columns[1], positions))
    }
  }

  /// One side of the pairs, as an array.
  static func side(
    _ call: FunctionBinding, isKey: Bool
  ) throws(SQLError) -> Resolution {
    guard case .map(let key, let value) = call.types[0] else { throw call.illegal(0, "a map") }
    let type = DataType.array(isKey ? key : value)
    return .kernel(type) { (input) throws(SQLError) in
      guard case .array(let maps) = input.column(0).values,
        case .tuple(let columns, _) = maps.elements.values
      else { return input.operands[0] }
      return .column(
        Column(
          type,
          .array(ArrayValues(offsets: maps.offsets, elements: columns[isKey ? 0 : 1]))))
    }
  }
}

extension FunctionTable {
  static let maps: [ScalarFunction] =
    [
      ScalarFunction(
        "map", .map, arguments: "k1, v1, k2, v2, ...", result: "Map(common type, common type)",
        summary: "A map of these keys and values.", arity: 0...Int.max, traits: .ownNulls
      ) { (call) throws(SQLError) in
        guard call.count > 0 else {
          return .constant(.array([]), .map(key: .nothing, value: .nothing))
        }
        guard call.count % 2 == 0 else {
          throw SQLError(
            .numberOfArgumentsDoesntMatch,
            "Function map requires even number of arguments, but \(call.count) given",
            at: call.position)
        }
        let places = stride(from: 0, to: call.count, by: 2)
        let keys = try call.builder.call(
          "array", places.map { call.arguments[$0] }, at: call.position)
        let values = try call.builder.call(
          "array", places.map { call.arguments[$0 + 1] }, at: call.position)
        return .expression(
          try call.builder.call("mapFromArrays", [keys, values], at: call.position))
      },
      ScalarFunction(
        "mapFromArrays", .map, arguments: "keys, values", result: "Map",
        summary: "A map of an array of keys and one of values, of the same length (190).",
        arity: 2...2, traits: [.ownNulls, .mayThrow]
      ) { (call) throws(SQLError) in
        let key = try call.element(0).withoutNullable
        let value = try call.element(1)
        let type = DataType.map(key: key, value: value)
        let keys = try call.cast(0, .array(key))
        return .kernel(type, arguments: [keys, call.arguments[1]]) { (input) throws(SQLError) in
          let columns = input.operands.map { $0.column(rows: input.rows) }
          let arrays = columns.map { ArrayRows(.column($0)) }
          try FunctionBinding.checkLengths(arrays, rows: input.rows, "mapFromArrays")
          let parts = arrays.map(\.elements)
          let pairs = Column(
            MapFunctions.pairs(key, value), .tuple(parts, count: parts[0].count))
          return .column(
            Column(
              type, .array(ArrayValues(offsets: arrays[0].values.offsets, elements: pairs))))
        }
      },
      ScalarFunction(
        "mapKeys", .map, arguments: "m", result: "Array(key)", summary: "The keys.", arity: 1...1,
        traits: .ownNulls
      ) { (call) throws(SQLError) in try MapFunctions.side(call, isKey: true) },
      ScalarFunction(
        "mapValues", .map, arguments: "m", result: "Array(value)", summary: "The values.",
        arity: 1...1, traits: .ownNulls
      ) { (call) throws(SQLError) in try MapFunctions.side(call, isKey: false) },
      contains("mapContains", ["mapContainsKey"], "mapKeys", "a key"),
      contains("mapContainsValue", [], "mapValues", "a value"),
      addition("mapAdd", "The sums of the values of each key, by key.", isDifference: false),
      addition("mapSubtract", "As mapAdd, the later values taken off.", isDifference: true),
      ScalarFunction(
        "mapConcat", .map, arguments: "m, ...", result: "Map",
        summary: "The pairs of all maps, one map after the other.", arity: 1...Int.max,
        traits: .ownNulls
      ) { (call) throws(SQLError) in
        let type = try call.commonElement(call.types)
        guard case .map(let key, let value) = type else { throw call.illegal(0, "a map") }
        let pairs = DataType.array(MapFunctions.pairs(key, value))
        let joined = try call.builder.call(
          "arrayConcat", try call.castAll(to: pairs), at: call.position)
        return .expression(try call.builder.cast(joined, to: type))
      },
      overPairs("mapFilter", "arrayFilter", "The pairs for which f(key, value) holds."),
      overPairs("mapSort", "arraySort", "The pairs by key, or by f(key, value)."),
      overPairs(
        "mapReverseSort", "arrayReverseSort",
        "The pairs from the greatest key down, or f(key, value)."),
      ScalarFunction(
        "mapApply", .map, arguments: "f, m", result: "Map",
        summary: "The map of the pairs that f(key, value) gives.", arity: 1...1,
        traits: [.ownNulls, .takesLambda]
      ) { (call) throws(SQLError) in
        let pairs = try call.lambdaResult()
        guard case .array(.tuple(let elements)) = pairs.type, elements.count == 2 else {
          throw SQLError(
            .illegalTypeOfArgument, "The lambda of mapApply must give a pair of key and value",
            at: call.position)
        }
        return .expression(
          try call.builder.cast(
            pairs, to: .map(key: elements[0].type, value: elements[1].type)))
      },
      asked("mapExists", "arrayExists", "1 where f(key, value) holds for a pair."),
      asked("mapAll", "arrayAll", "1 where f(key, value) holds for all pairs."),
    ]

  private static func contains(
    _ name: String, _ aliases: [String], _ side: String, _ what: String
  ) -> ScalarFunction {
    ScalarFunction(
      name, .map, arguments: "m, x", result: "UInt8", summary: "1 where x is \(what) of m.",
      arity: 2...2, aliases: aliases, traits: .ownNulls
    ) { (call) throws(SQLError) in
      guard call.types[0].isMap else { throw call.illegal(0, "a map") }
      let array = try call.builder.call(side, [call.arguments[0]], at: call.position)
      return .expression(
        try call.builder.call("has", [array, call.arguments[1]], at: call.position))
    }
  }

  /// A function of arrays over the pairs; without a lambda the keys are what it looks at.
  private static func overPairs(
    _ name: String, _ function: String, _ summary: String
  ) -> ScalarFunction {
    ScalarFunction(
      name, .map, arguments: "[f, ] m", result: "type of m", summary: summary, arity: 1...1,
      traits: [.ownNulls, .takesLambda]
    ) { (call) throws(SQLError) in
      guard case .map(let key, let value) = call.types[0] else { throw call.illegal(0, "a map") }
      let pairs = try call.cast(0, .array(MapFunctions.pairs(key, value)))
      let keys: BoundExpression
      if name == "mapFilter" {
        keys = try call.lambdaResult()
      } else {
        keys = try keysOr(call.mapped, call)
      }
      guard let inner = FunctionTable.scalar(named: function) else { throw call.illegalTypes() }
      let out = try call.builder.call(inner, [pairs], mapped: keys, at: call.position)
      return .expression(try call.builder.cast(out, to: call.types[0]))
    }
  }

  private static func keysOr(
    _ mapped: BoundExpression?, _ call: FunctionBinding
  ) throws(SQLError) -> BoundExpression {
    if let mapped { return mapped }
    return try call.builder.call("mapKeys", [call.arguments[0]], at: call.position)
  }

  private static func asked(
    _ name: String, _ function: String, _ summary: String
  ) -> ScalarFunction {
    ScalarFunction(
      name, .map, arguments: "f, m", result: "UInt8", summary: summary, arity: 1...1,
      traits: [.ownNulls, .takesLambda]
    ) { (call) throws(SQLError) in
      let marks = try call.marks(mapped: try call.lambdaResult())
      return .expression(try call.builder.call(function, [marks], at: call.position))
    }
  }

  private static func addition(
    _ name: String, _ summary: String, isDifference: Bool
  ) -> ScalarFunction {
    ScalarFunction(
      name, .map, arguments: "m, ...", result: "Map(common type, type of a sum)",
      summary: summary, arity: 1...Int.max, traits: .ownNulls
    ) { (call) throws(SQLError) in
      guard case .map(let key, let value) = try call.commonElement(call.types) else {
        throw SQLError(
          .notImplemented, "\(name) of tuples of arrays is not supported yet", at: call.position)
      }
      guard value.isPlainNumber, !value.isWideInteger else {
        throw call.illegal(0, "a map of numbers")
      }
      let sum: DataType = value.isFloat ? .float64 : value.isSigned ? .int64 : .uint64
      let type = DataType.map(key: key, value: sum)
      return .kernel(type, arguments: try call.castAll(to: type)) { (input) throws(SQLError) in
        let maps = input.operands.map { ArrayRows($0) }
        let pool = try ElementPool(MapFunctions.pairs(key, sum), maps.map(\.elements))
        guard case .tuple(let columns, _) = pool.column.values else { return input.operands[0] }
        var table = GroupTable([key])
        let ids = try table.groups([columns[0]], starts: (0..<Int32(columns[0].count)).map { $0 })
        var order = [Int](repeating: 0, count: table.count)
        let firsts = firstPositions(ids, table.count)
        let sorted = sortPermutation(
          [SortKey(columns[0].gather(firsts))], rowCount: firsts.count)
        for (place, id) in sorted.enumerated() { order[Int(id)] = place }
        var sums = MapSums(columns[1])
        var marks = [Int](repeating: -1, count: table.count)
        var slots = [Int](repeating: 0, count: table.count)
        var offsets = [0]
        var taken: [Int32] = []
        for row in 0..<input.rows {
          var here: [Int32] = []
          for (step, map) in maps.enumerated() {
            for i in map.range(row) {
              let place = i + pool.starts[step]
              let id = Int(ids[place])
              if marks[id] != row {
                marks[id] = row
                slots[id] = sums.begin()
                here.append(ids[place])
              }
              sums.add(place, to: slots[id], isNegative: isDifference && step > 0)
            }
          }
          here.sort { order[Int($0)] < order[Int($1)] }
          sums.arrange(here.map { slots[Int($0)] })
          taken += here.map { firsts[Int($0)] }
          offsets.append(taken.count)
        }
        let pairs = Column(
          MapFunctions.pairs(key, sum),
          .tuple([columns[0].gather(taken), sums.finish(sum)], count: taken.count))
        return .column(Column(type, .array(ArrayValues(offsets: offsets, elements: pairs))))
      }
    }
  }

  /// Where each number comes first.
  private static func firstPositions(_ ids: [Int32], _ count: Int) -> [Int32] {
    var out = [Int32](repeating: -1, count: count)
    for (i, id) in ids.enumerated() where out[Int(id)] < 0 { out[Int(id)] = Int32(i) }
    return out
  }
}

/// Sums under construction, wrapping integers or doubles.
private struct MapSums {
  private let integers: [Int64]
  private let doubles: [Double]
  private let isFloat: Bool
  private var integerSums: [Int64] = []
  private var doubleSums: [Double] = []
  private var order: [Int] = []

  init(_ values: Column) {
    isFloat = values.type.isFloat
    integers = isFloat ? [] : KernelValue.column(values).integers(Int64.self).map(rows: 0) { $0 }
    doubles = isFloat ? KernelValue.column(values).doubles().map(rows: 0) { $0 } : []
  }

  mutating func begin() -> Int {
    integerSums.append(0)
    doubleSums.append(0)
    return integerSums.count - 1
  }

  mutating func add(_ place: Int, to slot: Int, isNegative: Bool) {
    if isFloat {
      doubleSums[slot] += isNegative ? -doubles[place] : doubles[place]
    } else if isNegative {
      integerSums[slot] &-= integers[place]
    } else {
      integerSums[slot] &+= integers[place]
    }
  }

  mutating func arrange(_ slots: [Int]) { order += slots }

  func finish(_ type: DataType) -> Column {
    if isFloat { return Column(type, .float64(order.map { doubleSums[$0] })) }
    let sums = order.map { integerSums[$0] }
    return FunctionTable.convertIntegers(.column(.int64, sums), to: type, rows: sums.count)
      .column(rows: sums.count)
  }
}
