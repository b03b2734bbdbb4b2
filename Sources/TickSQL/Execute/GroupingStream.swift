import Synchronization
import TickColumns

/// GROUP BY and aggregates.
///
/// Every worker groups the morsels it takes into a table of its own; the tables are merged at the end. Groups
/// come out in the order of their first rows in the source, so neither the number of workers nor who took which
/// morsel can be seen in the result. Neither can it be seen that rows were put aside (`GroupSpill`).
final class GroupingStream: BatchStream {
  private let block: SelectBlock
  private let grouping: Grouping
  private let input: OpenSource
  /// How partials of the scan are taken, where it gives any.
  private let candles: CandlePlan?
  private let run: QueryRun
  private var result: Batch?
  private var totalsRow: Batch?
  private var position = 0
  /// All groups, where they were put aside: keys, results, and the places of their first rows.
  private var merge: MergeStream?
  private(set) var rowsBeforeLimit = 0

  init(
    _ block: SelectBlock, _ grouping: Grouping, _ input: OpenSource, _ candles: CandlePlan?,
    _ run: QueryRun
  ) {
    self.block = block
    self.grouping = grouping
    self.input = input
    self.candles = candles
    self.run = run
  }

  func next() throws(SQLError) -> Batch? {
    if result == nil, merge == nil { try aggregate() }
    guard let piece = try nextGroups() else { return nil }
    let having = block.having.map { [$0] } ?? []
    let evaluator = Evaluator(piece, try Projection.selection(having, piece))
    var columns: [Column] = []
    for output in block.rowOutputs {
      columns.append(try evaluator.operand(output).column(rows: evaluator.rows))
    }
    rowsBeforeLimit += evaluator.rows
    return Batch(columns, rowCount: evaluator.rows)
  }

  func totals() throws(SQLError) -> Batch? {
    guard grouping.totals != nil else { return nil }
    if result == nil, merge == nil { try aggregate() }
    return try totalsRow.map { (row) throws(SQLError) in
      try Projection(filter: [], outputs: block.rowOutputs).apply(row)
    }
  }

  private func nextGroups() throws(SQLError) -> Batch? {
    if let merge {
      guard let batch = try merge.next() else { return nil }
      return Batch(Array(batch.columns.dropLast()), rowCount: batch.rowCount)
    }
    guard let groups = result, position < groups.rowCount else { return nil }
    let end = min(position + Batch.rowsMax, groups.rowCount)
    defer { position = end }
    return groups.slice(position..<end)
  }

  /// The groups, and with them the totals over all or over those that pass HAVING.
  private func aggregate() throws(SQLError) {
    let spill = GroupSpill(grouping, run)
    let aggregator = try read(spill)
    if let spill, spill.isFrozen {
      merge = try spill.merged(aggregator)
      return
    }
    let groups = try aggregator.finish(run)
    if let totals = grouping.totals {
      var kept = Selection.all
      if totals == .afterHaving, let having = block.having {
        kept = try Projection.selection([having], groups)
      }
      totalsRow = try aggregator.totals(over: kept)
    }
    result = groups
  }

  private func read(_ spill: GroupSpill?) throws(SQLError) -> GroupAggregator {
    let (block, grouping, candles, run) = (block, grouping, candles, run)
    let sequence: Int? =
      if case .table(let reference) = block.source { reference.sequencePosition } else { nil }
    let make = { GroupAggregator(block.filter, grouping, sequence, run, spill) }
    switch input {
    case .nothing:
      return make()
    case .stream(let stream):
      let aggregator = make()
      var base: UInt64 = 0
      while let batch = try stream.next() {
        try run.check()
        try aggregator.add(batch, .ascending(base))
        if aggregator.isFull { break }
        base += UInt64(batch.rowCount)
      }
      return aggregator
    case .scan(let scan):
      let morsels = scan.morselCount
      // Which groups are known must not depend on who reads what.
      let isBound = run.context.limits.groupsMax > 0 && run.context.limits.groupOverflow != .fails
      let tasks = isBound ? min(1, morsels) : min(max(1, run.context.workers.width), morsels)
      let next = Atomic<Int>(0)
      let done = Mutex<[GroupAggregator]>([])
      try run.context.onWorkers(count: tasks) { (_) throws(SQLError) in
        let aggregator = GroupAggregator(block.filter, grouping, sequence, run, spill)
        while !run.isFull, !aggregator.isFull {
          let morsel = next.add(1, ordering: .relaxed).oldValue
          guard morsel < scan.morselCount else { break }
          // A morsel has fewer than 2^32 rows, so its rows are numbered apart from all others.
          var base = UInt64(morsel) << 32
          let rows = { (batch: Batch) throws(SQLError) -> Bool in
            try run.read(batch, from: scan)
            try aggregator.add(batch, .ascending(base))
            base += UInt64(batch.rowCount)
            return !run.isFull && !aggregator.isFull
          }
          // Rows of unknown groups can be put aside, partials cannot.
          guard let candles, let partly = scan as? any CandleScan, spill?.isFrozen != true else {
            try scan.read(morsel: morsel, rows)
            continue
          }
          try partly.read(
            morsel: morsel,
            candles: { (found) throws(SQLError) -> Bool in
              try run.read(found.batch, from: scan)
              try aggregator.add(found, candles, .ascending(base))
              base += UInt64(found.batch.rowCount)
              return !run.isFull && !aggregator.isFull
            }, rows: rows)
        }
        done.withLock { $0.append(aggregator) }
      }
      let parts = done.withLock { $0 }
      guard let first = parts.first else { return make() }
      for part in parts.dropFirst() {
        try run.check()
        try first.merge(part, run)
      }
      return first
    }
  }
}

/// The groups of one worker.
///
/// `@unchecked Sendable`: filled by the worker that made it, then handed over whole through a mutex and read
/// by the thread that merges; never by two at once.
final class GroupAggregator: @unchecked Sendable {
  private let filter: [BoundExpression]
  private let grouping: Grouping
  private let calls: [AggregateCall]
  private let needsOrder: Bool
  private let sequence: Int?
  private let memory: MemoryBudget
  private let spill: GroupSpill?
  private let limits: QueryLimits
  /// No more groups may come, so no more rows are taken.
  private(set) var isFull = false
  /// Only rows of groups that are there count.
  private var isClosed = false
  private var table: GroupTable
  private var states: [any AggregateState]
  /// Where each group's first row stands in the source.
  private var firstRows: [UInt64] = []
  private var held = 0
  /// The group of each row that `finish` gave.
  private var rowGroups: [Int32] = []

  init(
    _ filter: [BoundExpression], _ grouping: Grouping, _ sequence: Int?, _ run: QueryRun,
    _ spill: GroupSpill?
  ) {
    self.spill = spill
    self.filter = filter
    self.grouping = grouping
    self.sequence = sequence
    memory = run.memory
    limits = run.context.limits
    calls = grouping.calls
    needsOrder = calls.contains(where: \.needsOrder)
    table = GroupTable(grouping.keys.map(\.type))
    states = calls.map { $0.makeState() }
  }

  /// An empty one for rows that passed the filter and were put aside once.
  func beginningAnew(_ spill: GroupSpill?, _ run: QueryRun) -> GroupAggregator {
    GroupAggregator([], grouping, sequence, run, spill)
  }

  /// Adds the rows that pass the filter. Once memory is full, rows of groups that are not here are put aside.
  func add(_ batch: Batch, _ places: RowOrder) throws(SQLError) {
    let selection = try Projection.selection(filter, batch)
    if isClosed {
      try add(batch, selection, places) { (_, _) in }
      return
    }
    guard let spill, spill.isFrozen else {
      try add(Evaluator(batch, selection), places)
      return
    }
    try add(batch, selection, places) { (rows, places) throws(SQLError) in
      try spill.putAside(rows, places)
    }
  }

  /// Adds partials that pass the conditions.
  func add(
    _ given: CandleBatch, _ plan: CandlePlan, _ places: RowOrder
  ) throws(SQLError) {
    let selection = try Projection.selection(plan.filter, given.batch)
    let evaluator = Evaluator(given.batch, selection)
    guard evaluator.rows > 0 else { return }
    let partials =
      switch selection {
      case .all: given.partials
      case .range(let range): given.partials.gather(range.map { Int32($0) })
      case .positions(let positions): given.partials.gather(positions)
      }
    let keys = try keyColumns(evaluator)
    let starts = runStarts(keys, rowCount: evaluator.rows)
    let groups = try table.groups(keys, starts: starts)
    note(groups, starts, evaluator.selection, places)
    for state in states { state.resize(table.count) }
    let runs = GroupRuns(starts: starts, groups: groups, rows: evaluator.rows)
    for (i, call) in calls.enumerated() {
      try CandleUpdate(partials, evaluator, runs).add(plan.measures[i], call, to: states[i])
    }
    try account()
    try checkCount()
  }

  /// Adds the rows of groups that are here, and hands over the others with their places in the source.
  func add(
    _ batch: Batch, _ selection: Selection, _ places: RowOrder,
    others: (Batch, [UInt64]) throws(SQLError) -> Void
  ) throws(SQLError) {
    let evaluator = Evaluator(batch, selection)
    guard evaluator.rows > 0 else { return }
    let keys = try keyColumns(evaluator)
    let starts = runStarts(keys, rowCount: evaluator.rows)
    let found = table.find(keys, starts: starts)
    guard found.contains(-1) else {
      try add(evaluator, places)
      return
    }
    var marks = [UInt8](repeating: 1, count: evaluator.rows)
    for (run, group) in found.enumerated() where group < 0 {
      let end = run + 1 < starts.count ? Int(starts[run + 1]) : evaluator.rows
      for row in Int(starts[run])..<end { marks[row] = 0 }
    }
    let unknown = selection.narrowed(by: marks.map { 1 - $0 })
    let rows = Batch(
      batch.columns.map { unknown.apply($0) }, rowCount: unknown.count(of: batch.rowCount))
    try others(rows, Self.places(places, unknown, of: batch.rowCount))
    try add(Evaluator(batch, selection.narrowed(by: marks)), places)
  }

  private func keyColumns(_ evaluator: Evaluator) throws(SQLError) -> [Column] {
    var keys: [Column] = []
    for key in grouping.keys {
      keys.append(try evaluator.operand(key).column(rows: evaluator.rows))
    }
    return keys
  }

  /// `places` numbers the rows of the batch.
  private func add(_ evaluator: Evaluator, _ places: RowOrder) throws(SQLError) {
    let rows = evaluator.rows
    guard rows > 0 else { return }
    let keys = try keyColumns(evaluator)
    let starts = runStarts(keys, rowCount: rows)
    let groups = try table.groups(keys, starts: starts)
    let order = needsOrder ? rowOrder(evaluator, places) : places
    note(groups, starts, evaluator.selection, places)
    for state in states { state.resize(table.count) }
    let runs = GroupRuns(starts: starts, groups: groups, rows: rows)
    for (i, call) in calls.enumerated() {
      try update(states[i], call, evaluator, runs, order)
    }
    try account()
    try checkCount()
  }

  private func checkCount() throws(SQLError) {
    guard limits.groupsMax > 0, table.count > limits.groupsMax else { return }
    switch limits.groupOverflow {
    case .fails:
      throw SQLError(
        .tooManyRows,
        "Limit for rows to GROUP BY exceeded: has \(table.count) rows, maximum: \(limits.groupsMax)"
      )
    case .breaks: isFull = true
    case .keepsKnown: isClosed = true
    }
  }

  private func note(
    _ groups: [Int32], _ starts: [Int32], _ selection: Selection, _ places: RowOrder
  ) {
    for (run, group) in groups.enumerated() {
      let start = Int(starts[run])
      let row =
        switch selection {
        case .all: start
        case .range(let range): range.lowerBound + start
        case .positions(let positions): Int(positions[start])
        }
      let place = places.number(row)
      if Int(group) == firstRows.count {
        firstRows.append(place)
      } else if place < firstRows[Int(group)] {
        // This worker may have taken a later morsel first.
        firstRows[Int(group)] = place
      }
    }
  }

  private func rowOrder(_ evaluator: Evaluator, _ places: RowOrder) -> RowOrder {
    if let sequence, case .uint64(let numbers) = evaluator.column(at: sequence).values {
      return .stored(numbers)
    }
    switch (evaluator.selection, places) {
    case (.all, _): return places
    case (.range(let range), .ascending(let base)):
      return .ascending(base + UInt64(range.lowerBound))
    case (.range(let range), .stored(let numbers)): return .stored(Array(numbers[range]))
    case (.positions(let positions), _): return places.compacted(positions)
    }
  }

  private static func places(_ places: RowOrder, _ selection: Selection, of count: Int) -> [UInt64]
  {
    switch selection {
    case .all: (0..<count).map { places.number($0) }
    case .range(let range): range.map { places.number($0) }
    case .positions(let positions): positions.map { places.number(Int($0)) }
    }
  }

  private func update(
    _ state: any AggregateState, _ call: AggregateCall, _ evaluator: Evaluator, _ runs: GroupRuns,
    _ order: RowOrder
  ) throws(SQLError) {
    guard let input = try call.input(evaluator, runs, order) else { return }
    try state.update(input)
  }

  private func account() throws(SQLError) {
    let bytes = states.reduce(table.byteCount + firstRows.count * 8) { $0 + $1.byteCount }
    let delta = bytes - held
    held = bytes
    if delta != 0 {
      spill?.count(delta)
      try memory.change(by: delta)
    }
  }

  /// Gives back what it holds.
  func release() throws(SQLError) {
    try memory.change(by: -held)
    held = 0
  }

  func merge(_ other: GroupAggregator, _ run: QueryRun) throws(SQLError) {
    let groups = try table.merge(other.table)
    for (theirs, ours) in groups.enumerated() {
      if Int(ours) == firstRows.count {
        firstRows.append(other.firstRows[theirs])
      } else {
        firstRows[Int(ours)] = min(firstRows[Int(ours)], other.firstRows[theirs])
      }
    }
    for (i, state) in states.enumerated() {
      try run.check()
      state.resize(table.count)
      try state.merge(other.states[i], groups)
    }
    try account()
    try checkCount()
  }

  /// The groups as rows: keys, then results; with several sets of keys the number of the set behind them.
  func finish(_ run: QueryRun) throws(SQLError) -> Batch {
    if let sets = grouping.sets { return try finish(sets, run) }
    var count = table.count
    if !grouping.isGrouped, count == 0 {
      // Aggregates over nothing are one row.
      count = 1
      firstRows = [0]
    }
    if !grouping.isGrouped || !grouping.keys.isEmpty || count > 0 {
      for state in states { state.resize(count) }
    }
    // Constant keys only: one group when there was a row.
    let order = try groupOrder(count, run)
    rowGroups = order
    var columns = grouping.keys.isEmpty ? [] : try table.columns(order)
    for state in states {
      try run.check()
      columns.append(try state.finish().picked(order))
    }
    return Batch(columns, rowCount: count)
  }

  /// The same with the place of each group's first row as a last column.
  func finishWithPlaces(_ run: QueryRun) throws(SQLError) -> Batch {
    let groups = try finish(run)
    let places = try groupOrder(table.count, run).map { firstRows[Int($0)] }
    return Batch(groups.columns + [Column(.uint64, .uint64(places))], rowCount: groups.rowCount)
  }

  private func groupOrder(_ count: Int, _ run: QueryRun) throws(SQLError) -> [Int32] {
    try run.sorted([], rowCount: count, tieBreak: firstRows)
  }

  /// The finest groups are known; those of each set are merged from them.
  private func finish(_ sets: [[Int]], _ run: QueryRun) throws(SQLError) -> Batch {
    let order = try groupOrder(table.count, run)
    rowGroups = order
    let fine = grouping.keys.isEmpty ? [] : try table.columns(order)
    var parts: [Batch] = []
    var rows = 0
    for (number, set) in sets.enumerated() {
      try run.check()
      var coarse = GroupTable(set.map { grouping.keys[$0].type })
      let found = order.isEmpty ? [] : try coarse.rowGroups(set.map { fine[$0] }, rows: order.count)
      var target = [Int32](repeating: 0, count: table.count)
      for (position, group) in found.enumerated() { target[Int(order[position])] = group }
      let count = set.isEmpty && grouping.hasRowForNothing ? 1 : coarse.count
      if count == 0 { continue }
      let ids = (0..<Int32(count)).map { $0 }
      let keys = set.isEmpty ? [] : try coarse.columns(ids)
      var columns = grouping.keys.indices.map { key in
        let type = grouping.keys[key].type
        return set.firstIndex(of: key).map { keys[$0] }
          ?? Column(type, repeating: .defaultValue(of: type), count: count)
      }
      for (i, call) in calls.enumerated() {
        let merged = call.makeState()
        merged.resize(count)
        states[i].resize(table.count)
        try merged.merge(states[i], target)
        columns.append(try merged.finish())
      }
      columns.append(
        Column(.uint64, .uint64(Array(repeating: UInt64(number), count: count))))
      parts.append(Batch(columns, rowCount: count))
      rows += count
      try memory.change(by: parts[parts.count - 1].byteCount)
      held += parts[parts.count - 1].byteCount
    }
    let types = grouping.keys.map(\.type) + grouping.aggregates.map(\.type) + [.uint64]
    var columns: [Column] = []
    for (i, type) in types.enumerated() {
      columns.append(try CancellationPoint.concatenate(type, parts.map { $0.columns[i] }))
    }
    return Batch(columns, rowCount: rows)
  }

  /// One row more, of all groups together, or of those whose rows are kept; its keys are defaults. After `finish`.
  func totals(over kept: Selection) throws(SQLError) -> Batch {
    // What is left out goes to a second group, which nobody reads.
    var target: [Int32]
    switch kept {
    case .all: target = Array(repeating: 0, count: rowGroups.count)
    case .range(let range):
      target = Array(repeating: 1, count: rowGroups.count)
      for row in range { target[Int(rowGroups[row])] = 0 }
    case .positions(let rows):
      target = Array(repeating: 1, count: rowGroups.count)
      for row in rows { target[Int(rowGroups[Int(row)])] = 0 }
    }
    var columns = grouping.keys.map { Column($0.type, of: [.defaultValue(of: $0.type)]) }
    for (i, call) in calls.enumerated() {
      let merged = call.makeState()
      merged.resize(2)
      if !target.isEmpty {
        states[i].resize(target.count)
        try merged.merge(states[i], target)
      }
      columns.append(try merged.finish().slice(0..<1))
    }
    // The last set of ROLLUP and CUBE is the one without keys.
    if let sets = grouping.sets {
      columns.append(Column(.uint64, .uint64([UInt64(sets.count - 1)])))
    }
    return Batch(columns, rowCount: 1)
  }
}

extension AggregateCall {
  /// What the state is given of some rows: arguments without NULL, cut into runs; nil when no row is left.
  func input(
    _ evaluator: Evaluator, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) -> AggregateInput? {
    let rows = evaluator.rows
    var operands: [KernelValue] = []
    var marks: [UInt8]?
    for argument in arguments {
      let operand = try evaluator.operand(argument)
      if takesNulls {
        operands.append(operand.withoutCodes)
        continue
      }
      if operand.isConstantNull { return nil }
      marks = Column.intersect(marks, operand.validity)
      if case .column(let column) = operand, case .nothing = column.values { return nil }
      operands.append(operand.withoutNulls.withoutCodes)
    }
    if let condition {
      let chosen = try evaluator.marks(condition).map { $0 != 0 ? 1 : 0 as UInt8 }
      marks = Column.intersect(marks, chosen)
    }
    var input = AggregateInput(operands: operands, rows: rows, runs: runs, order: order)
    // Nobody asks for the order where it does not matter.
    if !needsOrder { input.order = .ascending(0) }
    return marks.map(input.kept) ?? input
  }
}
