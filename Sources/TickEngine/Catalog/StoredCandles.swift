/// A scan of a stored table with partial candles in place of most rows.
///
/// Invariants:
/// 1. Of a segment with partials every row is given once: in a partial whose bucket lies between the request's instants, or as a row.
/// 2. Segments without partials that the request can take, and memtables, give rows.
/// 3. So do the rows of a partial of which one is gone. Row groups with such rows are taken in their finest level.
/// 4. A morsel of partials is some row groups of one segment; its partials come in batches of at most `Batch.rowsMax`.
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
    var widths: [FileID: (chosen: Int64?, finest: Int64?)] = [:]
    for morsel in morsels {
      guard case .segment(let segment, let reader, let selection, let plan) = morsel, plan.isWhole
      else {
        out.append(.rows(morsel))
        continue
      }
      let file = segment.entry.descriptor.fileID
      let known: (chosen: Int64?, finest: Int64?)
      if let found = widths[file] {
        known = found
      } else {
        known = try CandleMorsel.widths(of: columns, segment, reader, request, units)
        widths[file] = known
      }
      let hasGoneRows = try segment.hasGoneRows(ofGroup: selection.group, reader)
      guard let width = hasGoneRows ? known.finest : known.chosen else {
        out.append(.rows(morsel))
        continue
      }
      if case .partials(var last) = out.last, last.reader === reader, last.width == width,
        last.hasGoneRows == hasGoneRows, last.selections.count < PartialsMorsel.groupsMax
      {
        last.selections.append(selection)
        out[out.count - 1] = .partials(last)
        continue
      }
      out.append(
        .partials(
          PartialsMorsel(
            segment: segment, reader: reader, selections: [selection], plan: plan, time: time,
            width: width, hasGoneRows: hasGoneRows, request: request)))
    }
    guard widths.values.contains(where: { $0.chosen != nil }) else { return nil }
    return StoredCandleScan(rows: self, morsels: out)
  }
}

/// What a worker takes at a time.
private enum CandleMorsel: Sendable {
  case rows(StoredMorsel)
  case partials(PartialsMorsel)

  /// The widest level whose buckets leave few rows over at the bounds of the request, the finest where all leave many, and
  /// the finest in any case; nil where the segment has none that the request can take.
  static func widths(
    of columns: CandleColumns, _ segment: LiveSegment, _ reader: SegmentReader,
    _ request: CandleRequest, _ units: Int64
  ) throws(SQLError) -> (chosen: Int64?, finest: Int64?) {
    let widths: [Int64]
    do throws(StorageError) {
      widths = try reader.candleWidths(of: columns, dividing: request.seconds * units)
    } catch {
      throw segment.failed(error)
    }
    guard let bounds = segment.entry.descriptor.bounds[columns.time],
      case .int(let first)? = bounds.minimum, case .int(let last)? = bounds.maximum
    else { return (widths.first, widths.first) }
    let from = max(request.lower ?? first, first)
    let to = min(request.upper ?? last, last)
    let (span, overflow) = to.subtractingReportingOverflow(from)
    if overflow { return (widths.last, widths.first) }
    let chosen = widths.last { width in
      // Only a bound inside the segment cuts a bucket.
      let atStart = from == first ? 0 : width - (from % width + width) % width
      let atEnd = to == last ? 0 : (to % width + width) % width
      return (atStart == width ? 0 : atStart) + atEnd <= span / leftOverMin
    }
    return (chosen ?? widths.first, widths.first)
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
  /// Each of the groups has rows that are gone.
  let hasGoneRows: Bool
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
      for one in left {
        let piece = StoredMorsel.segment(one.segment, morsel.reader, one.selection, morsel.plan)
        let goesOn = try rows.read(piece) { (batch) throws(SQLError) in
          try body(one.instants.map { within($0, batch, morsel) } ?? batch)
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

  /// What is read as rows beside partials.
  private struct LeftRows {
    /// With the rows that are wanted as the live ones.
    let segment: LiveSegment
    let selection: RowGroupSelection
    var instants: Instants?
  }

  /// Gives the partials, and what must be read as rows; nil when no more is wanted.
  private func partials(
    _ morsel: PartialsMorsel, _ body: (CandleBatch) throws(SQLError) -> Bool
  ) throws(SQLError) -> [LeftRows]? {
    let (from, to) = morsel.instants
    var left: [LeftRows] = []
    var runs: [Int] = []
    var gathered = CandlePartials()
    for selection in morsel.selections {
      let found: CandleGroup
      var torn: Set<Int> = []
      do throws(StorageError) {
        found = try morsel.reader.candles(
          group: selection.group, width: morsel.width,
          sequenceBase: morsel.segment.entry.sequenceBase)
        left += try rest(of: selection, found.covered, morsel)
        if morsel.hasGoneRows {
          torn = try self.torn(found, selection.group, morsel, &left)
        }
      } catch {
        throw morsel.segment.failed(error)
      }
      var next = found.partials
      var nextRuns = found.runs
      if from != nil || to != nil || !torn.isEmpty {
        let kept = next.starts.indices.filter {
          next.starts[$0] >= from ?? .min && next.starts[$0] < to ?? .max && !torn.contains($0)
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

  /// Which partials of a group have rows that are gone. What is left of those that are taken joins what is read as rows.
  private func torn(
    _ found: CandleGroup, _ group: Int, _ morsel: PartialsMorsel, _ left: inout [LeftRows]
  ) throws(StorageError) -> Set<Int> {
    let live = morsel.segment.entry.liveRows
    let (from, to) = morsel.instants
    var torn: Set<Int> = []
    var rows: [Range<Int>] = []
    for (place, own) in try morsel.reader.rows(of: found, group: group).enumerated()
    where live.count(in: own) < own.count {
      torn.insert(place)
      let start = found.partials.starts[place]
      // The others are among the rows outside the buckets that are taken.
      if start >= from ?? .min, start < to ?? .max { rows.append(own) }
    }
    guard !rows.isEmpty else { return torn }
    let segment = morsel.segment.only(live.intersection(rows))
    let whole = RowGroupSelection(
      group: group, blocks: morsel.reader.allBlocks(ofGroup: group),
      rowCount: morsel.reader.rowCount(ofGroup: group))
    for selection in try segment.living([whole], morsel.reader) {
      left.append(LeftRows(segment: segment, selection: selection))
    }
    return torn
  }

  /// Blocks that no partial covers, and those that hold rows outside the buckets that are taken.
  private func rest(
    of selection: RowGroupSelection, _ covered: UInt64, _ morsel: PartialsMorsel
  ) throws(StorageError) -> [LeftRows] {
    var out: [LeftRows] = []
    func add(_ selection: RowGroupSelection, _ instants: Instants?) {
      guard selection.blocks != 0 else { return }
      out.append(LeftRows(segment: morsel.segment, selection: selection, instants: instants))
    }
    add(try morsel.reader.selection(selection, keeping: ~covered), nil)
    let inside = try morsel.reader.selection(selection, keeping: covered)
    let (from, to) = morsel.instants
    guard inside.blocks != 0 else { return out }
    func narrowed(_ condition: FieldConstraint.Condition) throws(StorageError) -> RowGroupSelection
    {
      try morsel.reader.narrowed(
        inside, by: FieldConstraint(fieldID: morsel.time.id, condition: condition))
    }
    // No bucket is taken: all rows are left.
    if let from, let to, from >= to {
      add(inside, nil)
      return out
    }
    if let from {
      add(
        try narrowed(
          .range(lower: nil, lowerIsInclusive: false, upper: .int(from), upperIsInclusive: false)),
        .before(from))
    }
    if let to {
      add(
        try narrowed(
          .range(lower: .int(to), lowerIsInclusive: true, upper: nil, upperIsInclusive: false)),
        .from(to))
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

extension LiveSegment {
  fileprivate func hasGoneRows(
    ofGroup group: Int, _ reader: SegmentReader
  ) throws(SQLError) -> Bool {
    if entry.goneRowCount == 0 { return false }
    do throws(StorageError) {
      let rows = try reader.rows(ofGroup: group)
      return entry.liveRows.count(in: rows) < rows.count
    } catch {
      throw failed(error)
    }
  }
}
