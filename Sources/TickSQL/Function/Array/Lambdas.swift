import TickColumns

/// Running an expression over all elements of the arrays of a batch at once.
///
/// The expression of a lambda is an expression over a batch of its own: columns 0, 1, ... are its parameters, which
/// are the flat elements of the arrays, and the columns behind them are what it captures, repeated for every
/// element. So arrayMap is one evaluation per batch, however many arrays there are.
extension ExpressionBuilder {
  /// The results for all elements, as arrays of the same lengths.
  func elementwise(
    _ function: String, _ arrays: [BoundExpression], _ body: BoundExpression,
    captures: [BoundExpression] = [], at place: Int?
  ) throws(SQLError) -> BoundExpression {
    let count = arrays.count
    let type = DataType.array(body.type)
    let node = arrayNode(
      function, arrays + captures, type, at: place, mayThrow: count > 1 || body.mayThrow,
      lambda: body
    ) { (input) throws(SQLError) in
      let columns = input.operands.map { $0.column(rows: input.rows) }
      let arrays = columns.prefix(count).map { ArrayRows(.column($0)) }
      try FunctionBinding.checkLengths(arrays, rows: input.rows, function)
      let elements = arrays[0].elements.count
      var parts = arrays.map(\.elements)
      if columns.count > count {
        let parents = arrays[0].values.parents
        for column in columns.dropFirst(count) { parts.append(try column.picked(parents)) }
      }
      let out = try body.evaluatedInPieces(Batch(parts, rowCount: elements))
      return .column(
        Column(type, .array(ArrayValues(offsets: arrays[0].values.offsets, elements: out))))
    }
    return try foldedWhereConstant(node, at: place)
  }

  private static let foldStepsBetweenQuestions = 64

  /// arrayFold: column 0 of the body is the accumulator, then elements of the arrays, then captures. Step k is one
  /// evaluation for all arrays that have an element k.
  func fold(
    _ arrays: [BoundExpression], _ initial: BoundExpression, _ body: BoundExpression,
    captures: [BoundExpression], at place: Int?
  ) throws(SQLError) -> BoundExpression {
    let count = arrays.count
    let type = body.type
    let node = arrayNode(
      "arrayFold", arrays + [initial] + captures, type, at: place,
      mayThrow: count > 1 || body.mayThrow, lambda: body
    ) { (input) throws(SQLError) in
      let columns = input.operands.map { $0.column(rows: input.rows) }
      let arrays = columns.prefix(count).map { ArrayRows(.column($0)) }
      try FunctionBinding.checkLengths(arrays, rows: input.rows, "arrayFold")
      var total = columns[count]
      var open = (0..<Int32(input.rows)).filter { !arrays[0].range(Int($0)).isEmpty }
      var step = 0
      while !open.isEmpty {
        if step % Self.foldStepsBetweenQuestions == 0 { try CancellationPoint.check() }
        let places = open.map { Int32(arrays[0].range(Int($0)).lowerBound + step) }
        var parts = [total.gather(open)]
        for array in arrays {
          // Arrays of one column share their places; a constant array lies at places of its own.
          let own = open.map { Int32(array.range(Int($0)).lowerBound + step) }
          parts.append(array.elements.gather(own))
        }
        for column in columns.dropFirst(count + 1) { parts.append(column.gather(open)) }
        let out = try Evaluator(Batch(parts, rowCount: places.count)).operand(body)
          .column(rows: places.count)
        var sources = (0..<Int32(input.rows)).map { $0 }
        for (i, row) in open.enumerated() { sources[Int(row)] = Int32(input.rows + i) }
        total = Column.concatenate(type, [total, out]).gather(sources)
        step += 1
        open = open.filter { arrays[0].range(Int($0)).count > step }
      }
      return .column(total)
    }
    return try foldedWhereConstant(node, at: place)
  }
}

/// A lambda while it is bound: its parameters are columns that no batch has, told apart by the depth of nesting.
enum LambdaParameters {
  /// Positions from here on are parameters.
  static let firstPosition = 1 << 40
  private static let perLambda = 1 << 10

  static func position(depth: Int, _ i: Int) -> Int { firstPosition + depth * perLambda + i }

  /// Parameters of a lambda; more are refused.
  static let countMax = 255
}

extension ExpressionBuilder {
  /// The body of a lambda over parameters 0..<n and, behind them, what it captures: the largest parts of it that
  /// know no parameter of this lambda and cannot fail, and aggregates.
  func closed(
    _ body: BoundExpression, depth: Int, parameters: Int
  ) throws(SQLError) -> (body: BoundExpression, captures: [BoundExpression]) {
    let first = LambdaParameters.position(depth: depth, 0)
    let own = first..<first + parameters
    var captures: [BoundExpression] = []
    var dependent: [ObjectIdentifier: Bool] = [:]
    func depends(_ node: BoundExpression) -> Bool {
      if let known = dependent[ObjectIdentifier(node)] { return known }
      let answer: Bool
      if case .column(let position) = node.kind {
        answer = own.contains(position)
      } else {
        answer = node.children.contains { depends($0) }
      }
      dependent[ObjectIdentifier(node)] = answer
      return answer
    }
    var memo: [ObjectIdentifier: BoundExpression] = [:]
    let moved = try pool.rewritten(body, memo: &memo) { node throws(SQLError) in
      if node.constant != nil { return node }
      if case .column(let position) = node.kind, own.contains(position) {
        return pool.column(position - first, node.type, name: node.label)
      }
      let isOverRows =
        switch node.kind {
        case .aggregate, .window: true
        default: false
        }
      if depends(node) {
        guard isOverRows else { return nil }
        throw SQLError(
          .unknownIdentifier, "\(node.label) cannot see the parameters of a lambda",
          at: node.position)
      }
      guard isOverRows || !node.mayThrow || node.children.isEmpty else { return nil }
      captures.append(node)
      return pool.column(
        parameters + captures.count - 1, node.type, name: "captured \(captures.count)")
    }
    return (moved, captures)
  }
}
