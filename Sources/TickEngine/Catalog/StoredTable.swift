/// A stored table of one snapshot as SQL scans it.
///
/// Invariants:
/// 1. A morsel is what is left of one row group of one segment after pruning, or one batch of a memtable. It is read
///    in batches of about `batchRows` rows.
/// 2. Segments come first, in the order of publishing and by row inside, then the memtables in the order of arrival.
/// 3. Rows outside a segment's live ranges never come out.
/// 4. Rows of which nothing is asked are counted by the manifest, and no file is opened.
/// 5. A column that rows lack, since it came later, has the value of its expression or the default of its type.
import TickColumns
import TickSQL
import TickStorage

struct StoredTable: TableSource {
  let snapshot: TableSnapshot
  let schema: Schema
  let hasSequence = true
  let unlisted: Set<String>
  let aliases: [AliasColumn]
  let candles: CandleTable?
  /// What expressions of columns are bound with; nil for who reads only columns that every row has.
  fileprivate let context: (@Sendable () -> QueryContext)?

  init(_ snapshot: TableSnapshot, context: (@Sendable () -> QueryContext)? = nil) {
    self.snapshot = snapshot
    self.context = context
    schema = snapshot.definition.schema
    unlisted = snapshot.definition.unlisted
    aliases = snapshot.definition.aliasColumns
    candles = Self.candles(of: snapshot.definition)
  }

  func scan(_ request: ScanRequest) throws(SQLError) -> any TableScan {
    var planner = ColumnPlanner(request.columns, snapshot.definition, context)
    let constraints = request.constraints.map { constraint in
      FieldConstraint(
        fieldID: planner.field(constraint.column).id, condition: .init(constraint.condition))
    }
    var morsels: [StoredMorsel] = []
    var opened = 0
    let isCounted = request.columns.isEmpty && constraints.isEmpty
    for segment in snapshot.segments {
      if isCounted {
        morsels.append(.counted(segment.entry.liveRowCount))
        continue
      }
      guard segment.entry.descriptor.mayContain(constraints) else { continue }
      let reader: SegmentReader
      let selections: [RowGroupSelection]
      do throws(StorageError) {
        reader = try segment.file.reader()
        selections = try segment.living(try reader.prune(constraints), reader)
      } catch {
        throw segment.failed(error)
      }
      opened += 1
      guard !selections.isEmpty else { continue }
      let plan = try planner.plan(present: { id in reader.fields.contains { $0.id == id } })
      morsels += selections.map { .segment(segment, reader, $0, plan) }
    }
    for batch in snapshot.memtables.flatMap(\.batches) where batch.rowCount > 0 {
      let plan = try planner.plan(present: { batch.fieldIDs.contains($0) })
      morsels.append(.memory(batch, plan))
    }
    let rows = snapshot.rowCount
    let estimate = morsels.reduce(0) { $0 + $1.rowCount }
    return StoredScan(
      morsels: morsels, definition: snapshot.definition, rowEstimate: estimate,
      explanation: [
        "segments: \(opened) of \(snapshot.segments.count)",
        "rows after pruning: \(estimate) of \(rows)",
      ])
  }
}

extension StoredTable {
  /// The rows in memory, batch by batch.
  func memoryPieces(
    columns: [String]
  ) throws(SQLError) -> [(partition: String, piece: StoredMorsel)] {
    var planner = ColumnPlanner(columns, snapshot.definition, context)
    var out: [(String, StoredMorsel)] = []
    for batch in snapshot.memtables.flatMap(\.batches) where batch.rowCount > 0 {
      let plan = try planner.plan(present: { batch.fieldIDs.contains($0) })
      out.append((batch.partition, .memory(batch, plan)))
    }
    return out
  }

  /// All rows of one segment in its order, or those of one row group, in pieces that are one batch each.
  func pieces(
    of segment: LiveSegment, group only: Int? = nil, columns: [String]
  ) throws(SQLError) -> [StoredMorsel] {
    var planner = ColumnPlanner(columns, snapshot.definition, context)
    let reader: SegmentReader
    let selections: [RowGroupSelection]
    do throws(StorageError) {
      reader = try segment.file.reader()
      let groups = only.map { $0..<$0 + 1 } ?? 0..<reader.groupCount
      selections = try segment.living(
        groups.map { group in
          RowGroupSelection(
            group: group, blocks: reader.allBlocks(ofGroup: group),
            rowCount: reader.rowCount(ofGroup: group))
        }, reader)
    } catch {
      throw segment.failed(error)
    }
    let plan = try planner.plan(present: { id in reader.fields.contains { $0.id == id } })
    var out: [StoredMorsel] = []
    for selection in selections {
      out += try StoredMorsel.segment(segment, reader, selection, plan).pieces()
    }
    return out
  }
}

/// Which columns of some rows are read, and what is made of them.
struct ColumnPlan: Sendable {
  /// To read.
  let fields: [TableField]
  let segmentFields: [SegmentField]
  /// Nil where what is read is what was asked for.
  fileprivate let completion: Completion?

  /// What is read is what was asked for.
  var isWhole: Bool { completion == nil }

  fileprivate struct Completion: Sendable {
    let defaults: ColumnDefaults
    /// Positions in the table of what is read, and of what was asked for; nil for `_sequence`.
    let read: [Int?]
    let wanted: [Int?]
  }

  func completed(_ batch: Batch) throws(SQLError) -> Batch {
    guard let completion else { return batch }
    var columns = [Column?](repeating: nil, count: completion.defaults.fields.count)
    var sequences: Column?
    for (position, column) in zip(completion.read, batch.columns) {
      if let position { columns[position] = column } else { sequences = column }
    }
    try completion.defaults.complete(
      &columns, wanted: Set(completion.wanted.compactMap { $0 }), rowCount: batch.rowCount)
    let out = completion.wanted.map { position -> Column in
      guard let column = position.map({ columns[$0] }) ?? sequences else {
        preconditionFailure("a column that was asked for and not computed")
      }
      return column
    }
    return Batch(out, rowCount: batch.rowCount)
  }
}

/// Makes plans; rows that have all that is asked for share one.
private struct ColumnPlanner {
  private let definition: TableDefinition
  private let context: (@Sendable () -> QueryContext)?
  /// What was asked for; nil for `_sequence`.
  private let wanted: [TableField?]
  private let whole: ColumnPlan
  private var defaults: ColumnDefaults?

  init(
    _ columns: [String], _ definition: TableDefinition,
    _ context: (@Sendable () -> QueryContext)?
  ) {
    self.definition = definition
    self.context = context
    wanted = columns.map { name -> TableField? in
      if name == SegmentField.sequence.name { return nil }
      guard let field = definition.fields.first(where: { $0.name == name && $0.isStored }) else {
        preconditionFailure("the binder asked for '\(name)', which the table lacks")
      }
      return field
    }
    whole = Self.plan(wanted, completion: nil)
  }

  func field(_ name: String) -> SegmentField {
    if name == SegmentField.sequence.name { return .sequence }
    guard let field = definition.fields.first(where: { $0.name == name }) else {
      preconditionFailure("a condition on '\(name)', which the table lacks")
    }
    return SegmentField(id: field.id, name: field.name, type: field.type)
  }

  private static func plan(
    _ fields: [TableField?], completion: ColumnPlan.Completion?
  ) -> ColumnPlan {
    let sequence = SegmentField.sequence
    let own = TableField(id: sequence.id, name: sequence.name, type: sequence.type)
    let all = fields.map { $0 ?? own }
    return ColumnPlan(
      fields: all,
      segmentFields: all.map { SegmentField(id: $0.id, name: $0.name, type: $0.type) },
      completion: completion)
  }

  /// - Parameter present: whether the rows have a field.
  mutating func plan(present: (UInt32) -> Bool) throws(SQLError) -> ColumnPlan {
    let isWhole = wanted.allSatisfy { field in
      guard let field, field.origin != nil else { return true }
      return present(field.id)
    }
    if isWhole { return whole }
    guard let context else { preconditionFailure("a column that rows lack is read by who may not") }
    if defaults == nil { defaults = try definition.defaults(context()) }
    guard let defaults else {
      preconditionFailure("a column with an expression, and none is there")
    }
    let fields = definition.fields
    let position = { (field: TableField?) in
      field.flatMap { field in fields.firstIndex { $0.id == field.id } }
    }
    // What has no expression is read all the same: as the default of its type.
    let readable = fields.indices.filter {
      fields[$0].isStored && (present(fields[$0].id) || !defaults.isComputed($0))
    }
    let places = wanted.map(position)
    let needed = defaults.needed(
      for: Set(places.compactMap { $0 }), present: Set(readable)
    ).sorted()
    let hasSequence = wanted.contains { $0 == nil }
    let read = needed.map { TableField?.some(fields[$0]) } + (hasSequence ? [nil] : [])
    return Self.plan(
      read,
      completion: ColumnPlan.Completion(
        defaults: defaults, read: needed.map { Int?.some($0) } + (hasSequence ? [nil] : []),
        wanted: places))
  }
}

/// Rows that are read together.
enum StoredMorsel: Sendable {
  case segment(LiveSegment, SegmentReader, RowGroupSelection, ColumnPlan)
  case memory(MemtableBatch, ColumnPlan)
  /// Rows without a column.
  case counted(Int)

  var rowCount: Int {
    switch self {
    case .counted(let rows): rows
    case .segment(_, _, let selection, _): selection.rowCount
    case .memory(let batch, _): batch.rowCount
    }
  }

  /// Rows of a batch: its columns stay in the second-level cache from decoding to aggregation, and an array of 8
  /// bytes a row stays below 128 KiB, from where malloc maps fresh pages for each.
  static let batchRows = 8 * BlockLimits.rowsMax

  /// Cuts what lies in a segment into stretches that are one batch each.
  func pieces() throws(SQLError) -> [StoredMorsel] {
    guard case .segment(let segment, let reader, let selection, let plan) = self else {
      return [self]
    }
    do throws(StorageError) {
      return try reader.pieces(of: selection, rows: Self.batchRows).map {
        .segment(segment, reader, $0, plan)
      }
    } catch {
      throw segment.failed(error)
    }
  }

  /// All rows as one batch.
  func batch() throws(SQLError) -> Batch {
    switch self {
    case .segment(let segment, let reader, let selection, let plan):
      let batch: Batch
      do throws(StorageError) {
        let whole = try reader.read(
          group: selection.group, blocks: selection.blocks, fields: plan.segmentFields,
          sequenceBase: segment.entry.sequenceBase)
        let live =
          segment.entry.goneRowCount == 0 || PlantedBug.isOn(.goneRowsRead)
          ? nil
          : try reader.positions(
            of: segment.entry.liveRows, group: selection.group, blocks: selection.blocks)
        batch = live.map { whole.gather($0) } ?? whole
      } catch {
        throw segment.failed(error)
      }
      return try plan.completed(batch)
    case .memory(let batch, let plan): return try plan.completed(batch.rows(plan.fields))
    case .counted: preconditionFailure("rows that are counted are no batch")
    }
  }
}

extension LiveSegment {
  /// Without the blocks of which no row is live.
  func living(
    _ selections: [RowGroupSelection], _ reader: SegmentReader
  ) throws(StorageError) -> [RowGroupSelection] {
    if entry.goneRowCount == 0 { return selections }
    var out: [RowGroupSelection] = []
    for selection in selections {
      let left = try reader.living(selection, in: entry.liveRows)
      if left.blocks != 0 { out.append(left) }
    }
    return out
  }

  /// The same file with fewer of its rows.
  func only(_ rows: RowRanges) -> LiveSegment {
    var entry = entry
    entry.liveRows = rows
    return LiveSegment(entry: entry, file: file)
  }
}

extension MemtableBatch {
  /// These fields of all rows.
  fileprivate func rows(_ fields: [TableField]) -> Batch {
    let columns = fields.map { field -> Column in
      if field.id == SegmentField.sequence.id { return Column(.uint64, .uint64(sequences)) }
      return column(of: field)
        ?? Column(field.type, repeating: .defaultValue(of: field.type), count: rowCount)
    }
    return Batch(columns, rowCount: rowCount)
  }
}

struct StoredScan: TableScan {
  var morsels: [StoredMorsel]
  let definition: TableDefinition
  let rowEstimate: Int
  let explanation: [String]
  fileprivate var lead: StoredLead?

  var morselCount: Int { morsels.count }

  func leading(by column: LeadingColumn) throws(SQLError) -> any TableScan {
    guard let field = definition.fields.first(where: { $0.name == column.name && $0.isStored })
    else { return self }
    let lead = StoredLead(column, fieldID: field.id)
    var scan = self
    scan.lead = lead
    scan.morsels = try lead.ordered(morsels)
    return scan
  }

  func read(
    morsel number: Int, _ body: (Batch) throws(SQLError) -> Bool
  ) throws(SQLError) {
    _ = try read(morsels[number], body)
  }

  /// Gives false where the body wants no more.
  func read(
    _ morsel: StoredMorsel, _ body: (Batch) throws(SQLError) -> Bool
  ) throws(SQLError) -> Bool {
    switch morsel {
    case .segment:
      for piece in try pieces(of: morsel) {
        guard let piece = try wanted(piece) else { continue }
        guard try body(piece.batch()) else { return false }
      }
    case .memory(let batch, let plan):
      let whole = batch.rows(plan.fields)
      var rest = 0..<batch.rowCount
      while !rest.isEmpty {
        let end = min(rest.upperBound, rest.lowerBound + StoredMorsel.batchRows)
        guard try body(plan.completed(whole.slice(rest.lowerBound..<end))) else { return false }
        rest = end..<rest.upperBound
      }
    case .counted(let rows):
      for start in stride(from: 0, to: rows, by: Batch.rowsMax) {
        guard try body(Batch([], rowCount: min(rows - start, Batch.rowsMax))) else { return false }
      }
    }
    return true
  }

  private func pieces(of morsel: StoredMorsel) throws(SQLError) -> [StoredMorsel] {
    guard let lead else { return try morsel.pieces() }
    guard let left = try wanted(morsel) else { return [] }
    return try lead.ordered(left.pieces())
  }

  /// Without the blocks behind the bound as it is now; nil where none is left.
  private func wanted(_ morsel: StoredMorsel) throws(SQLError) -> StoredMorsel? {
    guard let lead else { return morsel }
    return try lead.narrowed(morsel)
  }
}

/// The first key of a query that wants the first rows only, against the zone maps.
private struct StoredLead: Sendable {
  let fieldID: UInt32
  let isDescending: Bool
  let bound: @Sendable () -> Value?

  init(_ column: LeadingColumn, fieldID: UInt32) {
    self.fieldID = fieldID
    isDescending = column.isDescending
    bound = column.bound
  }

  /// Morsels of which nothing is known first, then those whose rows may come first. Keeps the order of equal ones.
  func ordered(_ morsels: [StoredMorsel]) throws(SQLError) -> [StoredMorsel] {
    var keyed: [(edge: UInt64?, place: Int)] = []
    for (place, morsel) in morsels.enumerated() {
      var edge: UInt64?
      if case .segment(let segment, let reader, let selection, _) = morsel {
        do throws(StorageError) {
          edge = try reader.edge(of: fieldID, in: selection, isLargest: isDescending)
        } catch {
          throw segment.failed(error)
        }
      }
      keyed.append((edge, place))
    }
    keyed.sort { left, right in
      guard left.edge != right.edge else { return left.place < right.place }
      guard let a = left.edge else { return true }
      guard let b = right.edge else { return false }
      return isDescending ? a > b : a < b
    }
    return keyed.map { morsels[$0.place] }
  }

  func narrowed(_ morsel: StoredMorsel) throws(SQLError) -> StoredMorsel? {
    guard case .segment(let segment, let reader, let selection, let plan) = morsel,
      let bound = bound()
    else { return morsel }
    // Rows equal to the bound may be wanted for the keys that follow.
    let condition =
      isDescending
      ? FieldConstraint.Condition.range(
        lower: bound, lowerIsInclusive: true, upper: nil, upperIsInclusive: true)
      : .range(lower: nil, lowerIsInclusive: true, upper: bound, upperIsInclusive: true)
    let left: RowGroupSelection
    do throws(StorageError) {
      left = try reader.narrowed(
        selection, by: FieldConstraint(fieldID: fieldID, condition: condition))
    } catch {
      throw segment.failed(error)
    }
    return left.blocks == 0 ? nil : .segment(segment, reader, left, plan)
  }
}

extension FieldConstraint.Condition {
  init(_ condition: ColumnConstraint.Condition) {
    switch condition {
    case .range(let lower, let lowerIsInclusive, let upper, let upperIsInclusive):
      self = .range(
        lower: lower, lowerIsInclusive: lowerIsInclusive, upper: upper,
        upperIsInclusive: upperIsInclusive)
    case .oneOf(let values): self = .oneOf(values)
    }
  }
}
