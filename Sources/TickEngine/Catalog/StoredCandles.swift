/// A scan of a stored table with partial candles in place of most rows.
///
/// Invariants:
/// 1. Of a segment with partials every row is given once: in a partial whose bucket lies between the request's instants, or as a row.
/// 2. Segments without partials that the request can take, and memtables, give rows.
/// 3. A morsel of partials is some row groups of one segment; its partials come in batches of at most `Batch.rowsMax`.
import TickColumns
import TickSQL
import TickStorage

extension StoredTable {
  /// The candles of a definition as SQL knows them.
  static func candles(of definition: TableDefinition) -> CandleTable? {
    guard let candles = definition.candles else { return nil }
    func name(_ id: UInt32?) -> String? { definition.fields.first { $0.id == id }?.name }
    guard let time = name(candles.time), let price = name(candles.price),
      let quantity = name(candles.quantity)
    else { return nil }
    return CandleTable(
      codes: Array(definition.orderBy.dropLast()), time: time, price: price, quantity: quantity,
      side: name(candles.side), buy: candles.buy, identifier: name(candles.identifier))
  }
}

extension StoredScan {
  func candles(_ request: CandleRequest) throws(SQLError) -> (any CandleScan)? {
    guard let columns = definition.candles,
      let time = definition.fields.first(where: { $0.id == columns.time }),
      case .dateTime64(let precision, _) = time.type
    else { return nil }
    let units = powersOfTen[Int(precision)]
    var out: [CandleMorsel] = []
    var widths: [FileID: Int64?] = [:]
    for morsel in morsels {
      guard case .segment(let segment, let reader, let selection, let plan) = morsel, plan.isWhole
      else {
        out.append(.rows(morsel))
        continue
      }
      let file = segment.entry.descriptor.fileID
      let width: Int64?
      if let known = widths[file] {
        width = known
      } else {
        width = try CandleMorsel.width(of: columns, segment, reader, request, units)
        widths[file] = width
      }
      guard let width else {
        out.append(.rows(morsel))
        continue
      }
      if case .partials(var last) = out.last, last.reader === reader,
        last.selections.count < PartialsMorsel.groupsMax
      {
        last.selections.append(selection)
        out[out.count - 1] = .partials(last)
        continue
      }
      out.append(
        .partials(
          PartialsMorsel(
            segment: segment, reader: reader, selections: [selection], plan: plan, time: time,
            width: width, request: request)))
    }
    guard widths.values.contains(where: { $0 != nil }) else { return nil }
    return StoredCandleScan(rows: self, morsels: out)
  }
}

/// What a worker takes at a time.
private enum CandleMorsel: Sendable {
  case rows(StoredMorsel)
  case partials(PartialsMorsel)

  /// The widest level whose buckets leave few rows over at the bounds of the request; the finest where all leave many; nil
  /// where the segment has none that the request can take.
  static func width(
    of columns: CandleColumns, _ segment: LiveSegment, _ reader: SegmentReader,
    _ request: CandleRequest, _ units: Int64
  ) throws(SQLError) -> Int64? {
    let widths: [Int64]
    do throws(StorageError) {
      widths = try reader.candleWidths(of: columns, dividing: request.seconds * units)
    } catch {
      throw segment.failed(error)
    }
    guard let bounds = segment.entry.descriptor.bounds[columns.time],
      case .int(let first)? = bounds.minimum, case .int(let last)? = bounds.maximum
    else { return widths.first }
    let from = max(request.lower ?? first, first)
    let to = min(request.upper ?? last, last)
    let (span, overflow) = to.subtractingReportingOverflow(from)
    if overflow { return widths.last }
    return widths.last { width in
      // Only a bound inside the segment cuts a bucket.
      let atStart = from == first ? 0 : width - (from % width + width) % width
      let atEnd = to == last ? 0 : (to % width + width) % width
      return (atStart == width ? 0 : atStart) + atEnd <= span / leftOverMin
    } ?? widths.first
  }

  /// A level is taken where the rows left over are less than this part of them, so far as time tells.
  private static let leftOverMin: Int64 = 16
}

/// Row groups of one segment.
private struct PartialsMorsel: Sendable {
  /// A million rows: their partials are few, and two workers still share a segment.
  static let groupsMax = 16

  let segment: LiveSegment
  let reader: SegmentReader
  var selections: [RowGroupSelection]
  let plan: ColumnPlan
  let time: TableField
  /// Of a bucket, in units of the time.
  let width: Int64
  let request: CandleRequest

  /// The buckets that are taken: from the first that begins at or above the lower bound to the last that ends at or below the upper one.
  var instants: (from: Int64?, to: Int64?) {
    let from = request.lower.map { lower -> Int64 in
      let bucket = CandlePartials.bucket(of: lower, width: width)
      if CandlePartials.start(ofBucket: bucket, width: width) == lower { return lower }
      return CandlePartials.end(ofBucket: bucket, width: width) ?? .max
    }
    let to = request.upper.map { upper -> Int64 in
      let bucket = CandlePartials.bucket(of: upper, width: width)
      return CandlePartials.start(ofBucket: bucket, width: width) ?? .min
    }
    return (from, to)
  }
}

private struct StoredCandleScan: CandleScan {
  let rows: StoredScan
  let morsels: [CandleMorsel]

  var morselCount: Int { morsels.count }
  var rowEstimate: Int { rows.rowEstimate }

  var explanation: [String] {
    var segments: Set<FileID> = []
    var widths: Set<Int64> = []
    for case .partials(let morsel) in morsels {
      segments.insert(morsel.segment.entry.descriptor.fileID)
      guard case .dateTime64(let precision, _) = morsel.time.type else { continue }
      widths.insert(morsel.width / powersOfTen[Int(precision)])
    }
    let buckets = widths.sorted().map { "\($0) s" }.joined(separator: ", ")
    let count = segments.count
    return rows.explanation + [
      "partial candles of \(buckets): \(count) segment\(count == 1 ? "" : "s")"
    ]
  }

  func read(
    morsel number: Int, _ body: (Batch) throws(SQLError) -> Bool
  ) throws(SQLError) {
    switch morsels[number] {
    case .rows(let morsel): _ = try rows.read(morsel, body)
    case .partials(let morsel):
      for selection in morsel.selections {
        guard
          try rows.read(
            .segment(morsel.segment, morsel.reader, selection, morsel.plan), body)
        else { return }
      }
    }
  }

  func read(
    morsel number: Int, candles: (CandleBatch) throws(SQLError) -> Bool,
    rows body: (Batch) throws(SQLError) -> Bool
  ) throws(SQLError) {
    switch morsels[number] {
    case .rows(let morsel): _ = try rows.read(morsel, body)
    case .partials(let morsel):
      guard let left = try partials(morsel, candles) else { return }
      for (selection, instants) in left {
        let piece = StoredMorsel.segment(
          morsel.segment, morsel.reader, selection, morsel.plan)
        let goesOn = try rows.read(piece) { (batch) throws(SQLError) in
          try body(instants.map { within($0, batch, morsel) } ?? batch)
        }
        guard goesOn else { return }
      }
    }
  }

  /// Which rows of some blocks are wanted.
  private enum Instants: Sendable {
    case before(Int64)
    case from(Int64)
  }

  /// Gives the partials, and what must be read as rows; nil when no more is wanted.
  private func partials(
    _ morsel: PartialsMorsel, _ body: (CandleBatch) throws(SQLError) -> Bool
  ) throws(SQLError) -> [(RowGroupSelection, Instants?)]? {
    let (from, to) = morsel.instants
    var left: [(RowGroupSelection, Instants?)] = []
    var runs: [Int] = []
    var gathered = CandlePartials()
    for selection in morsel.selections {
      let found: CandleGroup
      do throws(StorageError) {
        found = try morsel.reader.candles(
          group: selection.group, width: morsel.width,
          sequenceBase: morsel.segment.entry.sequenceBase)
        left += try rest(of: selection, found.covered, morsel)
      } catch {
        throw morsel.segment.failed(error)
      }
      var next = found.partials
      var nextRuns = found.runs
      if from != nil || to != nil {
        let kept = next.starts.indices.filter {
          next.starts[$0] >= from ?? .min && next.starts[$0] < to ?? .max
        }
        if kept.count < next.count {
          next = next.gather(kept.map { Int32($0) })
          nextRuns = kept.map { nextRuns[$0] }
        }
      }
      if next.count + gathered.count > Batch.rowsMax || !gathered.append(next) {
        guard try give(gathered, runs, morsel, body) else { return nil }
        (gathered, runs) = (next, [])
      }
      runs += nextRuns
    }
    return try give(gathered, runs, morsel, body) ? left : nil
  }

  private func give(
    _ partials: CandlePartials, _ runs: [Int], _ morsel: PartialsMorsel,
    _ body: (CandleBatch) throws(SQLError) -> Bool
  ) throws(SQLError) -> Bool {
    var start = 0
    while start < partials.count {
      let end = min(start + Batch.rowsMax, partials.count)
      var (part, partRuns) = (partials, runs)
      if end - start < partials.count {
        part = partials.gather((start..<end).map { Int32($0) })
        partRuns = Array(runs[start..<end])
      }
      var columns: [Column] = []
      for field in morsel.plan.segmentFields {
        if field.id == morsel.time.id {
          columns.append(Column(field.type, .int64(part.starts)))
          continue
        }
        let code: Column?
        do throws(StorageError) {
          code = try morsel.reader.runColumn(ofField: field.id, field.type, runs: partRuns)
        } catch {
          throw morsel.segment.failed(error)
        }
        columns.append(
          code
            ?? Column(field.type, repeating: .defaultValue(of: field.type), count: part.count))
      }
      let batch = Batch(columns, rowCount: part.count)
      guard try body(CandleBatch(batch, part)) else { return false }
      start = end
    }
    return true
  }

  /// Blocks that no partial covers, and those that hold rows outside the buckets that are taken.
  private func rest(
    of selection: RowGroupSelection, _ covered: UInt64, _ morsel: PartialsMorsel
  ) throws(StorageError) -> [(RowGroupSelection, Instants?)] {
    var out: [(RowGroupSelection, Instants?)] = []
    let bare = try morsel.reader.selection(selection, keeping: ~covered)
    if bare.blocks != 0 { out.append((bare, nil)) }
    let inside = try morsel.reader.selection(selection, keeping: covered)
    let (from, to) = morsel.instants
    guard inside.blocks != 0 else { return out }
    func narrowed(_ condition: FieldConstraint.Condition) throws(StorageError) -> RowGroupSelection
    {
      try morsel.reader.narrowed(
        inside, by: FieldConstraint(fieldID: morsel.time.id, condition: condition))
    }
    // No bucket is taken: all rows are left.
    if let from, let to, from >= to { return out + [(inside, nil)] }
    if let from {
      let before = try narrowed(
        .range(lower: nil, lowerIsInclusive: false, upper: .int(from), upperIsInclusive: false))
      if before.blocks != 0 { out.append((before, .before(from))) }
    }
    if let to {
      let behind = try narrowed(
        .range(lower: .int(to), lowerIsInclusive: true, upper: nil, upperIsInclusive: false))
      if behind.blocks != 0 { out.append((behind, .from(to))) }
    }
    return out
  }

  private func within(_ instants: Instants, _ batch: Batch, _ morsel: PartialsMorsel) -> Batch {
    guard let position = morsel.plan.segmentFields.firstIndex(where: { $0.id == morsel.time.id }),
      case .int64(let times) = batch.columns[position].values
    else { preconditionFailure("bounds of a time that is not read") }
    let kept: [Int32]
    switch instants {
    case .before(let end): kept = times.indices.filter { times[$0] < end }.map { Int32($0) }
    case .from(let start): kept = times.indices.filter { times[$0] >= start }.map { Int32($0) }
    }
    if kept.count == batch.rowCount { return batch }
    return Batch(batch.columns.map { $0.gather(kept) }, rowCount: kept.count)
  }
}
