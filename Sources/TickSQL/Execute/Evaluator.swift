import TickColumns

/// Evaluates expressions over one batch, each common part once, moving only the columns that are asked for.
///
/// Confined to one thread; made per batch.
///
/// Invariants:
/// 1. An operand that is a column has `rows` rows: the selected ones, in batch order.
/// 2. Results do not depend on which rows were dropped before: kernels look at one row at a time.
final class Evaluator {
  let batch: Batch
  let selection: Selection
  let rows: Int
  private var memo: [ObjectIdentifier: KernelValue] = [:]
  private var moved: [Int: Column] = [:]

  init(_ batch: Batch, _ selection: Selection = .all) {
    self.batch = batch
    self.selection = selection
    rows = selection.count(of: batch.rowCount)
  }

  func column(at position: Int) -> Column {
    if case .all = selection { return batch.columns[position] }
    if let known = moved[position] { return known }
    let column = selection.apply(batch.columns[position])
    moved[position] = column
    return column
  }

  func operand(_ expression: BoundExpression) throws(SQLError) -> KernelValue {
    switch expression.kind {
    case .column(let position): return .column(column(at: position))
    case .constant(let value):
      if rows == 1, let row = expression.row { return .column(row) }
      return .constant(value, expression.type)
    default: break
    }
    let id = ObjectIdentifier(expression)
    if let known = memo[id] { return known }
    let result: KernelValue
    switch expression.kind {
    case .call(let call): result = try evaluate(call, expression.type)
    case .choice(let conditions, let results):
      result = try choose(conditions, results, expression.type)
    case .lazyLogic(let isAnd, let arguments):
      result = try decide(isAnd, arguments, expression.type)
    case .aggregate, .window, .column, .constant:
      throw SQLError(.logicalError, "an aggregate or window function was left in a row expression")
    }
    memo[id] = result
    return result
  }

  /// Which rows an expression holds for: 0 where it is false or NULL.
  func marks(_ condition: BoundExpression) throws(SQLError) -> [UInt8] {
    truth(try operand(condition), rows: rows)
  }

  // MARK: Calls

  private func evaluate(_ call: BoundCall, _ type: DataType) throws(SQLError) -> KernelValue {
    var operands: [KernelValue] = []
    operands.reserveCapacity(call.arguments.count)
    for argument in call.arguments { operands.append(try operand(argument)) }
    guard call.propagatesNulls else {
      if !call.takesCodes { operands = operands.map(\.withoutCodes) }
      return try call.kernel(KernelInput(operands: operands, rows: rows, valid: nil))
    }
    if operands.contains(where: \.isConstantNull) {
      // There are no nullable tuples and arrays: theirs is the zero value.
      return .constant(type.isNullable ? .null : .defaultValue(of: type), type)
    }
    var valid: [UInt8]?
    for operand in operands { valid = Column.intersect(valid, operand.validity) }
    let result = try runStripped(
      call, operands.map(\.withoutNulls), valid, type.withoutNullable)
    guard type.isNullable else {
      guard let valid, valid.contains(0) else { return result }
      return .column(result.column(rows: rows).withZeros(where: valid))
    }
    switch result {
    case .constant(let value, let inner):
      guard valid?.contains(0) == true else { return .constant(value, type) }
      return .column(KernelValue.constant(value, inner).column(rows: rows).masked(by: valid))
    case .column(let column): return .column(column.masked(by: valid))
    }
  }

  private func runStripped(
    _ call: BoundCall, _ operands: [KernelValue], _ valid: [UInt8]?, _ type: DataType
  ) throws(SQLError) -> KernelValue {
    if call.takesCodes {
      return try call.kernel(KernelInput(operands: operands, rows: rows, valid: valid))
    }
    if let place = call.dictionaryArgument, case .column(let column) = operands[place],
      case .codes(let codes, let dictionary) = column.values, dictionary.count <= rows
    {
      if let result = overDictionary(call, operands, place, codes, dictionary, type) {
        return result
      }
    }
    let result = try call.kernel(
      KernelInput(operands: operands.map(\.withoutCodes), rows: rows, valid: valid))
    return conformed(result, to: type)
  }

  /// One evaluation per distinct string instead of one per row. Nil when the kernel fails on some entry: that
  /// entry may stand in no row, so the rows decide.
  private func overDictionary(
    _ call: BoundCall, _ operands: [KernelValue], _ place: Int, _ codes: [UInt32],
    _ dictionary: StringDictionary, _ type: DataType
  ) -> KernelValue? {
    var arguments = operands
    arguments[place] = .column(Column(.string, .string(dictionary.values)))
    let input = KernelInput(operands: arguments, rows: dictionary.count, valid: nil)
    guard let result = try? call.kernel(input) else { return nil }
    guard case .column(let entries) = conformed(result, to: type) else {
      return conformed(result, to: type)
    }
    return .column(entries.gather(codes.map { Int32(bitPattern: $0) }))
  }

  /// Strings become codes where the type says low cardinality.
  private func conformed(_ operand: KernelValue, to type: DataType) -> KernelValue {
    guard case .lowCardinality = type else { return operand }
    switch operand {
    case .constant(let value, _): return .constant(value, type)
    case .column(let column):
      guard case .string(let strings) = column.values else { return operand }
      var builder = DictionaryBuilder(reserving: strings.count)
      for row in 0..<strings.count { builder.append(strings[row]) }
      return .column(Column(type, builder.finish()))
    }
  }

  // MARK: Branches

  private func choose(
    _ conditions: [BoundExpression], _ results: [BoundExpression], _ type: DataType
  ) throws(SQLError) -> KernelValue {
    // 0 means undecided, n means branch n - 1.
    var choice = [Int32](repeating: -1, count: rows)
    var open = rows
    for (branch, condition) in conditions.enumerated() where open > 0 {
      let chosen: [UInt8]
      if condition.mayThrow && branch > 0 && open < rows {
        let waiting = choice.map { $0 < 0 ? 1 : 0 as UInt8 }
        let part = Evaluator(batch, selection.narrowed(by: waiting))
        chosen = scattered(try part.marks(condition), to: waiting)
      } else {
        let operand = try operand(condition)
        if let constant = operand.constant {
          guard constant.isTrue else { continue }
          if open == rows { return try whole(results[branch]) }
          chosen = [UInt8](repeating: 1, count: rows)
        } else {
          chosen = truth(operand, rows: rows)
        }
      }
      for row in 0..<rows where choice[row] < 0 && chosen[row] != 0 {
        choice[row] = Int32(branch)
        open -= 1
      }
      if open == 0 && branch == 0 { return try whole(results[0]) }
    }
    if open == rows { return try whole(results[conditions.count]) }
    let last = Int32(conditions.count)
    if open > 0 { for row in 0..<rows where choice[row] < 0 { choice[row] = last } }
    return try merge(choice, results, type)
  }

  private func whole(_ result: BoundExpression) throws(SQLError) -> KernelValue {
    try operand(result)
  }

  /// Picks each row from the branch that it chose.
  private func merge(
    _ choice: [Int32], _ results: [BoundExpression], _ type: DataType
  ) throws(SQLError) -> KernelValue {
    var parts: [Column] = []
    var sources = [Int32](repeating: 0, count: rows)
    var base: Int32 = 0
    for (branch, result) in results.enumerated() {
      var wanted = [UInt8](repeating: 0, count: rows)
      var count = 0
      for row in 0..<rows where choice[row] == Int32(branch) {
        wanted[row] = 1
        count += 1
      }
      guard count > 0 else { continue }
      if let value = result.constant {
        parts.append(Column(type, of: [value]))
        for row in 0..<rows where wanted[row] != 0 { sources[row] = base }
        base += 1
        continue
      }
      let column: Column
      if result.mayThrow {
        let part = Evaluator(batch, selection.narrowed(by: wanted))
        column = try part.operand(result).column(rows: count)
        var next = base
        for row in 0..<rows where wanted[row] != 0 {
          sources[row] = next
          next += 1
        }
      } else {
        column = try operand(result).column(rows: rows)
        for row in 0..<rows where wanted[row] != 0 { sources[row] = base + Int32(row) }
      }
      parts.append(column)
      base += Int32(column.count)
    }
    return .column(Column.concatenate(type, parts).gather(sources))
  }

  private func scattered(_ marks: [UInt8], to wanted: [UInt8]) -> [UInt8] {
    var out = [UInt8](repeating: 0, count: wanted.count)
    var next = 0
    for row in wanted.indices where wanted[row] != 0 {
      out[row] = marks[next]
      next += 1
    }
    return out
  }

  /// Three-valued AND / OR; later arguments see only rows that earlier ones left open.
  private func decide(
    _ isAnd: Bool, _ arguments: [BoundExpression], _ type: DataType
  ) throws(SQLError) -> KernelValue {
    // 0 false, 1 true, 2 NULL; the deciding value is 0 for AND and 1 for OR.
    let deciding: UInt8 = isAnd ? 0 : 1
    var state = [UInt8](repeating: 1 - deciding, count: rows)
    for argument in arguments {
      let open = state.map { $0 == deciding ? 0 : 1 as UInt8 }
      let waiting = open.reduce(0) { $0 + Int($1) }
      if waiting == 0 { break }
      let part = waiting == rows ? self : Evaluator(batch, selection.narrowed(by: open))
      let answers = logicStates(try part.operand(argument), rows: waiting)
      var next = 0
      for row in 0..<rows where open[row] != 0 {
        let answer = answers[next]
        next += 1
        if answer == deciding || (answer == 2 && state[row] != 2) { state[row] = answer }
      }
    }
    return .column(logicColumn(state, type))
  }
}

/// One byte per row: 1 where the operand is a number other than zero, 0 where it is zero or NULL.
func truth(_ operand: KernelValue, rows: Int) -> [UInt8] {
  let column: Column
  switch operand {
  case .constant(let value, _): return Array(repeating: value.isTrue ? 1 : 0, count: rows)
  case .column(let given): column = given
  }
  var marks: [UInt8] =
    switch column.values {
    case .uint8(let v): v
    case .int8(let v): v.map { $0 != 0 ? 1 : 0 }
    case .int16(let v): v.map { $0 != 0 ? 1 : 0 }
    case .int32(let v): v.map { $0 != 0 ? 1 : 0 }
    case .int64(let v): v.map { $0 != 0 ? 1 : 0 }
    case .uint16(let v): v.map { $0 != 0 ? 1 : 0 }
    case .uint32(let v): v.map { $0 != 0 ? 1 : 0 }
    case .uint64(let v): v.map { $0 != 0 ? 1 : 0 }
    case .int128(let v): v.map { $0 != 0 ? 1 : 0 }
    case .uint128(let v): v.map { $0 != 0 ? 1 : 0 }
    case .float32(let v): v.map { $0 != 0 ? 1 : 0 }
    case .float64(let v): v.map { $0 != 0 ? 1 : 0 }
    default: Array(repeating: 0, count: rows)
    }
  if let validity = column.validity {
    for row in marks.indices where validity[row] == 0 { marks[row] = 0 }
  }
  return marks
}

/// 0 false, 1 true, 2 NULL per row.
func logicStates(_ operand: KernelValue, rows: Int) -> [UInt8] {
  if operand.isConstantNull { return Array(repeating: 2, count: rows) }
  var states = truth(operand, rows: rows).map { $0 != 0 ? 1 : 0 as UInt8 }
  if let validity = operand.validity {
    for row in states.indices where validity[row] == 0 { states[row] = 2 }
  }
  if case .column(let column) = operand, case .nothing = column.values {
    return Array(repeating: 2, count: rows)
  }
  return states
}

/// A UInt8 column of such states; the type says whether NULL can occur.
func logicColumn(_ states: [UInt8], _ type: DataType) -> Column {
  guard type.isNullable, states.contains(2) else {
    return Column(type, .uint8(states.map { $0 == 1 ? 1 : 0 }))
  }
  return Column(
    type, .uint8(states.map { $0 == 1 ? 1 : 0 }), validity: states.map { $0 == 2 ? 0 : 1 })
}
