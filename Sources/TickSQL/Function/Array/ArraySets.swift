import TickColumns

/// Distinct elements, and numbers for equal ones.
extension FunctionTable {
  static let arraySets: [ScalarFunction] = [
    ScalarFunction(
      "arrayDistinct", .array, arguments: "a", result: "Array without Nullable",
      summary: "Each element once, in order of the first; NULL is left out.", arity: 1...1,
      traits: .ownNulls
    ) { (call) throws(SQLError) in
      let element = try call.element(0)
      guard element != .nothing else { return .expression(call.arguments[0]) }
      let plain = element.withoutNullable
      return .kernel(.array(plain)) { (input) throws(SQLError) in
        let arrays = ArrayRows(input.operands[0])
        let elements = arrays.elements
        var table = GroupTable([element])
        let ids = try table.groups(
          [elements], starts: try CancellationPoint.map(elements.count) { Int32($0) })
        var marks = [Int](repeating: -1, count: table.count)
        var picker = ArrayPicker(rows: input.rows)
        for row in 0..<input.rows {
          try CancellationPoint.forEachPiece(of: arrays.range(row)) { (piece) throws(SQLError) in
            for i in piece where marks[Int(ids[i])] != row && !elements.isNull(at: i) {
              marks[Int(ids[i])] = row
              try picker.take(i)
            }
          }
          picker.endRow()
        }
        return try picker.finish(
          KernelValue.column(elements).withoutNulls.column(rows: 0), as: .array(plain))
      }
    },
    numbering(
      "arrayUniq", "How many different elements (or combinations of several arrays) there are.",
      result: .uint32),
    numbering(
      "arrayEnumerateUniq", "For each element how often it has come so far.",
      result: .array(.uint32)),
    numbering(
      "arrayEnumerateDense", "For each element the number of its value, by first appearance.",
      result: .array(.uint32)),
    ScalarFunction(
      "arrayEnumerate", .array, arguments: "a", result: "Array(UInt32)",
      summary: "`[1, 2, ...]`, as long as a.", arity: 1...1, traits: .ownNulls
    ) { (call) throws(SQLError) in
      _ = try call.element(0)
      return .kernel(.array(.uint32)) { (input) throws(SQLError) in
        let arrays = ArrayRows(input.operands[0])
        var offsets = [0]
        var out: [UInt32] = []
        for row in 0..<input.rows {
          for i in 0..<arrays.range(row).count { out.append(UInt32(truncatingIfNeeded: i + 1)) }
          offsets.append(out.count)
        }
        let elements = Column(.uint32, .uint32(out))
        return .column(
          Column(.array(.uint32), .array(ArrayValues(offsets: offsets, elements: elements))))
      }
    },
    ScalarFunction(
      "arrayIntersect", .array, arguments: "a, b, ...", result: "Array",
      summary: "The elements that all arrays have, each once, in the order of the first.",
      arity: 1...Int.max, traits: .ownNulls
    ) { (call) throws(SQLError) in try intersection(call) },
    ScalarFunction(
      "arrayCompact", .array, arguments: "a", result: "type of a",
      summary: "Without elements that equal the one before.", arity: 1...1, traits: .ownNulls
    ) { (call) throws(SQLError) in
      let element = try call.element(0)
      return .kernel(call.types[0]) { (input) throws(SQLError) in
        let arrays = ArrayRows(input.operands[0])
        var table = ElementIds([element], nanIsOne: false)
        let ids = try table.ids([arrays.elements])
        var picker = ArrayPicker(rows: input.rows)
        for row in 0..<input.rows {
          let range = arrays.range(row)
          for i in range where i == range.lowerBound || ids[i] < 0 || ids[i] != ids[i - 1] {
            try picker.take(i)
          }
          picker.endRow()
        }
        return try picker.finish(arrays.elements, as: .array(element))
      }
    },
  ]

  private static func numbering(
    _ name: String, _ summary: String, result: DataType
  ) -> ScalarFunction {
    ScalarFunction(
      name, .array, arguments: "a, ...", result: result.description, summary: summary,
      arity: 1...Int.max, traits: [.ownNulls, .mayThrow]
    ) { (call) throws(SQLError) in
      var elements: [DataType] = []
      for i in 0..<call.count { elements.append(try call.element(i)) }
      let types = elements
      return .kernel(result, mayThrow: call.count > 1) { (input) throws(SQLError) in
        let columns = input.operands.map { $0.column(rows: input.rows) }
        let arrays = columns.map { ArrayRows(.column($0)) }
        try FunctionBinding.checkLengths(arrays, rows: input.rows, name)
        var table = ElementIds(types, nanIsOne: true)
        let ids = try table.ids(arrays.map(\.elements))
        var marks = [Int](repeating: -1, count: table.count)
        var counts = [UInt32](repeating: 0, count: table.count)
        var distinct = [UInt32](repeating: 0, count: input.rows)
        var numbers: [UInt32] = []
        for row in 0..<input.rows {
          try CancellationPoint.forEachPiece(of: arrays[0].range(row)) { piece in
            for i in piece {
              let id = Int(ids[i])
              if marks[id] != row {
                marks[id] = row
                distinct[row] += 1
                counts[id] = name == "arrayEnumerateDense" ? distinct[row] : 0
              }
              if name == "arrayEnumerateUniq" { counts[id] += 1 }
              numbers.append(counts[id])
            }
          }
        }
        if result == .uint32 { return .column(result, distinct) }
        return .column(
          Column(
            result,
            .array(
              ArrayValues(
                offsets: arrays[0].values.offsets, elements: Column(.uint32, .uint32(numbers))))))
      }
    }
  }

  private static func intersection(_ call: FunctionBinding) throws(SQLError) -> Resolution {
    var elements: [DataType] = []
    for i in 0..<call.count { elements.append(try call.element(i)) }
    if elements.contains(.nothing) { return .constant(.array([]), .array(.nothing)) }
    let common = try call.commonElement(elements)
    // What all have is of the narrowest type.
    var result = elements.allSatisfy(\.isNullable) ? common : common.withoutNullable
    let plain = elements.map { $0.withoutNullable.withoutLowCardinality }
    if plain.allSatisfy(\.isIntegral), let bits = plain.map(\.numberBits).min() {
      let least = DataType.integer(bits: bits, signed: plain.allSatisfy(\.isSigned))
      result = result.isNullable ? least.madeNullable : least
    }
    let arguments = try call.castAll(to: .array(common))
    let kernelType = DataType.array(common)
    let node = call.builder.arrayNode(
      "arrayIntersect", arguments, kernelType, at: call.position
    ) { (input) throws(SQLError) in
      let arrays = input.operands.map { ArrayRows($0) }
      var table = ElementIds([common], nanIsOne: false)
      let ids = try arrays.map { (array) throws(SQLError) in try table.ids([array.elements]) }
      // How many arrays of this row, from the second on, had the number; and the row.
      var seen = [Int](repeating: -1, count: table.count)
      var counts = [Int](repeating: 0, count: table.count)
      var picker = ArrayPicker(rows: input.rows)
      for row in 0..<input.rows {
        for (step, array) in arrays.enumerated().dropFirst() {
          try CancellationPoint.forEachPiece(of: array.range(row)) { piece in
            for id in ids[step][piece] where id >= 0 {
              if seen[Int(id)] != row {
                seen[Int(id)] = row
                counts[Int(id)] = 0
              }
              if counts[Int(id)] == step - 1 { counts[Int(id)] = step }
            }
          }
        }
        let wanted = arrays.count - 1
        for i in arrays[0].range(row) where ids[0][i] >= 0 {
          let id = Int(ids[0][i])
          let count = seen[id] == row ? counts[id] : 0
          guard count == wanted else { continue }
          try picker.take(i)
          seen[id] = row
          counts[id] = wanted + 1
        }
        picker.endRow()
      }
      return try picker.finish(arrays[0].elements, as: kernelType)
    }
    let folded = try call.builder.foldedWhereConstant(node, at: call.position)
    return .expression(try call.builder.cast(folded, to: .array(result)))
  }
}

extension ExpressionBuilder {
  /// A call of a kernel that handles NULL itself, outside of the table's resolution.
  func arrayNode(
    _ function: String, _ arguments: [BoundExpression], _ type: DataType, at place: Int?,
    mayThrow: Bool = false, lambda: BoundExpression? = nil, _ kernel: @escaping Kernel
  ) -> BoundExpression {
    let call = BoundCall(
      function: function, arguments: arguments, kernel: kernel, mayThrow: mayThrow,
      propagatesNulls: false, dictionaryArgument: nil, takesCodes: true, lambda: lambda)
    return pool.call(call, type, at: place)
  }

  func foldedWhereConstant(
    _ node: BoundExpression, at place: Int?
  ) throws(SQLError) -> BoundExpression {
    guard node.children.allSatisfy({ $0.constant != nil }) else { return node }
    return try folded(node, at: place)
  }
}
