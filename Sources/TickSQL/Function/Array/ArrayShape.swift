import TickColumns

/// Cutting, joining, turning and padding arrays: which elements go where, gathered once per batch.
extension FunctionTable {
  static let arrayShape: [ScalarFunction] = [
    ScalarFunction(
      "arrayConcat", .array, arguments: "a, b, ...", result: "Array(common type)",
      summary: "The elements of all arrays, one array after the other.", arity: 1...Int.max,
      traits: .ownNulls
    ) { (call) throws(SQLError) in
      var elements: [DataType] = []
      for i in 0..<call.count { elements.append(try call.element(i)) }
      let type = DataType.array(try call.commonElement(elements))
      guard case .array(let element) = type else { throw call.illegalTypes() }
      return .kernel(type, arguments: try call.castAll(to: type)) { (input) throws(SQLError) in
        let arrays = input.operands.map { ArrayRows($0) }
        let pool = try ElementPool(element, arrays.map(\.elements))
        var picker = ArrayPicker(rows: input.rows)
        for row in 0..<input.rows {
          for (array, start) in zip(arrays, pool.starts) {
            let range = array.range(row)
            try picker.take(range.lowerBound + start..<range.upperBound + start)
          }
          picker.endRow()
        }
        return try picker.finish(pool.column, as: type)
      }
    },
    ScalarFunction(
      "arraySlice", .array, arguments: "a, from[, count]", result: "type of a",
      summary:
        "count elements from position `from`, which counts from 1, or from the end where it is negative; a negative "
        + "count leaves out so many at the end.", arity: 2...3, traits: .ownNulls
    ) { (call) throws(SQLError) in
      let type = DataType.array(try call.element(0))
      for i in 1..<call.count
      where !call.types[i].withoutNullable.isInteger && call.types[i] != .nullable(.nothing) {
        throw call.illegal(i, "an integer")
      }
      return .kernel(type) { (input) throws(SQLError) in try slices(input, type) }
    },
    push("arrayPushBack", "a with x behind the last element.", isBack: true),
    push("arrayPushFront", "a with x before the first element.", isBack: false),
    pick("arrayPopBack", "a without its last element.") { range in
      range.lowerBound..<max(range.lowerBound, range.upperBound - 1)
    },
    pick("arrayPopFront", "a without its first element.") { range in
      min(range.upperBound, range.lowerBound + 1)..<range.upperBound
    },
    ScalarFunction(
      "arrayReverse", .array, arguments: "a", result: "type of a",
      summary: "The elements from the last to the first.", arity: 1...1, traits: .ownNulls
    ) { (call) throws(SQLError) in
      let type = DataType.array(try call.element(0))
      return .kernel(type) { (input) throws(SQLError) in
        let arrays = ArrayRows(input.operands[0])
        var picker = ArrayPicker(rows: input.rows)
        for row in 0..<input.rows {
          for i in arrays.range(row).reversed() { try picker.take(i) }
          picker.endRow()
        }
        return try picker.finish(arrays.elements, as: type)
      }
    },
    ScalarFunction(
      "arrayResize", .array, arguments: "a, n[, x]", result: "Array(common type)",
      summary:
        "a cut or filled with x (the zero value) to n elements: at the end, or at the front where n is negative.",
      arity: 2...3, traits: [.ownNulls, .mayThrow]
    ) { (call) throws(SQLError) in try resized(call) },
    turn("arrayRotateLeft", "The elements moved n places to the front, around the end.", -1),
    turn("arrayRotateRight", "The elements moved n places to the back, around the end.", 1),
    shift("arrayShiftLeft", "The elements moved n places to the front; x fills the end.", -1),
    shift("arrayShiftRight", "The elements moved n places to the back; x fills the front.", 1),
    ScalarFunction(
      "arrayFlatten", .array, arguments: "a", result: "Array",
      summary: "The innermost elements of arrays of arrays, in their order.", arity: 1...1,
      aliases: ["flatten"], traits: .ownNulls
    ) { (call) throws(SQLError) in
      var element = try call.element(0)
      var depth = 0
      while let inner = element.arrayElement {
        element = inner
        depth += 1
      }
      let (steps, type) = (depth, DataType.array(element))
      if steps == 0 { return .expression(call.arguments[0]) }
      return .kernel(type) { (input) throws(SQLError) in
        guard case .array(var values) = input.column(0).values else { return input.operands[0] }
        for _ in 0..<steps {
          guard case .array(let inner) = values.elements.values else { break }
          values = ArrayValues(
            offsets: values.offsets.map { inner.offsets[$0] }, elements: inner.elements)
        }
        return .column(Column(type, .array(values)))
      }
    },
    ScalarFunction(
      "arrayZip", .array, arguments: "a, b, ...", result: "Array(Tuple(A, B, ...))",
      summary: "Elements of the same place as tuples. Arrays of different lengths are error 190.",
      arity: 1...Int.max, traits: [.ownNulls, .mayThrow]
    ) { (call) throws(SQLError) in
      var elements: [TupleElement] = []
      for i in 0..<call.count { elements.append(TupleElement(type: try call.element(i))) }
      let tuple = DataType.tuple(elements)
      return .kernel(.array(tuple)) { (input) throws(SQLError) in
        let columns = input.operands.map { $0.column(rows: input.rows) }
        let arrays = columns.map { ArrayRows(.column($0)) }
        try FunctionBinding.checkLengths(arrays, rows: input.rows, "arrayZip")
        let parts = arrays.map(\.elements)
        let zipped = Column(tuple, .tuple(parts, count: parts[0].count))
        return .column(
          Column(
            .array(tuple),
            .array(ArrayValues(offsets: arrays[0].values.offsets, elements: zipped))))
      }
    },
  ]

  private static func push(_ name: String, _ summary: String, isBack: Bool) -> ScalarFunction {
    ScalarFunction(
      name, .array, arguments: "a, x", result: "Array(common type)", summary: summary,
      arity: 2...2, traits: .ownNulls
    ) { (call) throws(SQLError) in
      let element = try call.commonElement([try call.element(0), call.types[1]])
      let arguments = [try call.cast(0, .array(element)), try call.cast(1, element)]
      return .kernel(.array(element), arguments: arguments) { (input) throws(SQLError) in
        let arrays = ArrayRows(input.operands[0])
        let pool = try ElementPool(element, [arrays.elements, input.column(1)])
        var picker = ArrayPicker(rows: input.rows)
        for row in 0..<input.rows {
          if !isBack { try picker.take(pool.starts[1] + row) }
          try picker.take(arrays.range(row))
          if isBack { try picker.take(pool.starts[1] + row) }
          picker.endRow()
        }
        return try picker.finish(pool.column, as: .array(element))
      }
    }
  }

  /// A part of each array.
  private static func pick(
    _ name: String, _ summary: String,
    _ part: @escaping @Sendable (Range<Int>) -> Range<Int>
  ) -> ScalarFunction {
    ScalarFunction(
      name, .array, arguments: "a", result: "type of a", summary: summary, arity: 1...1,
      traits: .ownNulls
    ) { (call) throws(SQLError) in
      let type = DataType.array(try call.element(0))
      return .kernel(type) { (input) throws(SQLError) in
        let arrays = ArrayRows(input.operands[0])
        var picker = ArrayPicker(rows: input.rows)
        for row in 0..<input.rows {
          try picker.take(part(arrays.range(row)))
          picker.endRow()
        }
        return try picker.finish(arrays.elements, as: type)
      }
    }
  }

  private static func slices(
    _ input: KernelInput, _ type: DataType
  ) throws(SQLError) -> KernelValue {
    let arrays = ArrayRows(input.operands[0])
    let froms = input.operands[1]
    let isNothing = { (operand: KernelValue) in
      operand.isConstantNull || operand.type.withoutNullable == .nothing
    }
    let hasCount = input.operands.count == 3 && !isNothing(input.operands[2])
    let starts: Vector<Int64> =
      isNothing(froms) ? .scalar(1) : froms.withoutNulls.integers(Int64.self)
    let counts: Vector<Int64> =
      hasCount ? input.operands[2].withoutNulls.integers(Int64.self) : .scalar(.max)
    let countMarks = hasCount ? input.operands[2].validity : nil
    var picker = ArrayPicker(rows: input.rows)
    for row in 0..<input.rows {
      let range = arrays.range(row)
      let from = froms.validity?[row] == 0 ? 1 : starts.element(row)
      let count = countMarks?[row] == 0 ? .max : counts.element(row)
      if let part = slice(Int64(range.count), from: from, count: count) {
        try picker.take(range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound)
      }
      picker.endRow()
    }
    return try picker.finish(arrays.elements, as: type)
  }

  /// The places of a slice in an array of `length` elements.
  private static func slice(_ length: Int64, from: Int64, count: Int64) -> Range<Int>? {
    guard from != 0 else { return nil }
    // Before the first element the count has begun already.
    let begin: Int64
    if from > 0 {
      begin = from - 1
    } else {
      begin = from < -(1 << 62) ? -(1 << 62) : length + from
    }
    guard begin < length else { return nil }
    let end: Int64
    if count < 0 {
      end = count < -length ? 0 : length + count
    } else {
      let (sum, overflow) = begin.addingReportingOverflow(count)
      end = overflow ? length : min(length, sum)
    }
    let first = max(0, begin)
    return first < end ? Int(first)..<Int(end) : nil
  }

  private static func resized(_ call: FunctionBinding) throws(SQLError) -> Resolution {
    guard call.types[1].isInteger else { throw call.illegal(1, "an integer") }
    var types = [try call.element(0)]
    if call.count == 3 { types.append(call.types[2]) }
    let element = try call.commonElement(types)
    var arguments = [try call.cast(0, .array(element)), call.arguments[1]]
    if call.count == 3 { arguments.append(try call.cast(2, element)) }
    return .kernel(.array(element), arguments: arguments) { (input) throws(SQLError) in
      let arrays = ArrayRows(input.operands[0])
      let sizes = input.operands[1].integers(Int64.self)
      let fill =
        input.operands.count == 3
        ? input.column(2) : Column(element, of: [.defaultValue(of: element)])
      let pool = try ElementPool(element, [arrays.elements, fill])
      var picker = ArrayPicker(rows: input.rows)
      for row in 0..<input.rows {
        let range = arrays.range(row)
        let size = sizes.element(row)
        let filler = pool.starts[1] + (input.operands.count == 3 ? row : 0)
        let wanted = Int(clamping: size.magnitude)
        let kept = min(wanted, range.count)
        if size < 0 {
          try picker.take(filler, count: wanted - kept)
          try picker.take(range.upperBound - kept..<range.upperBound)
        } else {
          try picker.take(range.lowerBound..<range.lowerBound + kept)
          try picker.take(filler, count: wanted - kept)
        }
        picker.endRow()
      }
      return try picker.finish(pool.column, as: .array(element))
    }
  }

  private static func turn(_ name: String, _ summary: String, _ direction: Int64) -> ScalarFunction
  {
    ScalarFunction(
      name, .array, arguments: "a, n", result: "type of a", summary: summary, arity: 2...2,
      traits: .ownNulls
    ) { (call) throws(SQLError) in
      let type = DataType.array(try call.element(0))
      guard call.types[1].isInteger else { throw call.illegal(1, "an integer") }
      return .kernel(type) { (input) throws(SQLError) in
        let arrays = ArrayRows(input.operands[0])
        let counts = input.operands[1].integers(Int64.self)
        var picker = ArrayPicker(rows: input.rows)
        for row in 0..<input.rows {
          let range = arrays.range(row)
          if !range.isEmpty {
            let length = Int64(range.count)
            // The place of the element that comes first.
            let first = Int((-direction * (counts.element(row) % length)).floorModulo(length))
            try picker.take(range.lowerBound + first..<range.upperBound)
            try picker.take(range.lowerBound..<range.lowerBound + first)
          }
          picker.endRow()
        }
        return try picker.finish(arrays.elements, as: type)
      }
    }
  }

  private static func shift(_ name: String, _ summary: String, _ direction: Int64) -> ScalarFunction
  {
    ScalarFunction(
      name, .array, arguments: "a, n[, x]", result: "type of a",
      summary: summary + " Without x the zero value fills.", arity: 2...3, traits: .ownNulls
    ) { (call) throws(SQLError) in
      let element = try call.element(0)
      let type = DataType.array(element)
      guard call.types[1].isInteger else { throw call.illegal(1, "an integer") }
      var arguments = Array(call.arguments.prefix(2))
      if call.count == 3 {
        guard DataType.common(element, call.types[2]) == element else {
          throw call.illegal(2, element.description)
        }
        arguments.append(try call.cast(2, element))
      }
      return .kernel(type, arguments: arguments) { (input) throws(SQLError) in
        let arrays = ArrayRows(input.operands[0])
        let counts = input.operands[1].integers(Int64.self)
        let given = input.operands.count == 3
        let fill = given ? input.column(2) : Column(element, of: [.defaultValue(of: element)])
        let pool = try ElementPool(element, [arrays.elements, fill])
        var picker = ArrayPicker(rows: input.rows)
        for row in 0..<input.rows {
          let range = arrays.range(row)
          let filler = pool.starts[1] + (given ? row : 0)
          let count = counts.element(row)
          let gap = min(range.count, Int(clamping: count.magnitude))
          if (count < 0) == (direction < 0) {
            try picker.take(filler, count: gap)
            try picker.take(range.lowerBound..<range.upperBound - gap)
          } else {
            try picker.take(range.lowerBound + gap..<range.upperBound)
            try picker.take(filler, count: gap)
          }
          picker.endRow()
        }
        return try picker.finish(pool.column, as: type)
      }
    }
  }
}
