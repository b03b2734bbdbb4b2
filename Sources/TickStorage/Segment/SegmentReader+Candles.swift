/// Partial candles of row groups, and what is left to be read as rows beside them.
///
/// Invariants:
/// 1. Every row of a group is in exactly one partial, or in a block that is not covered.
/// 2. Partials of another definition, of other fields or of another width than wanted are not there: their rows are read.
public import TickColumns
internal import TickFormats

/// The partials of one level in one row group.
public struct CandleGroup: Sendable {
  /// Bit i: the rows of block i are in partials.
  public var covered: UInt64
  /// The run of each partial.
  public var runs: [Int]
  public var partials: CandlePartials
}

extension SegmentReader {
  /// The levels whose buckets divide a width, in units of the time column, ascending; none where there are no candles of these
  /// columns.
  public func candleWidths(
    of columns: CandleColumns, dividing width: Int64
  ) throws(StorageError) -> [Int64] {
    guard let index = try candleIndex(), index.columns == columns else { return [] }
    return index.widths.filter { width % $0 == 0 }.sorted()
  }

  /// Partials of a group, in the order of its runs and their times.
  ///
  /// - Parameter width: one that `candleWidths` gave.
  public func candles(
    group: Int, width: Int64, sequenceBase: UInt64
  ) throws(StorageError) -> CandleGroup {
    var out = CandleGroup(covered: 0, runs: [], partials: CandlePartials())
    guard let piece = try candlePiece(group: group, width: width) else { return out }
    let table = try blockTable()
    let ofBlock = try runTable().runOfBlock
    let blocks = table.blocks(ofGroup: group)
    guard let first = ofBlock[blocks].first, let last = ofBlock[blocks].last else { return out }
    var runs: [Int] = []
    for run in piece.runs {
      guard run <= UInt64(last - first), runs.last.map({ $0 <= Int(first) + Int(run) }) ?? true
      else {
        throw corruptCandles(group, "partial candles of run \(run) among \(last - first + 1)")
      }
      runs.append(Int(first) + Int(run))
    }
    out.covered = piece.covered
    out.runs = runs
    out.partials = piece.partials
    try check(out, group, Array(ofBlock[blocks]), table.rows[blocks])
    for i in 0..<out.partials.count {
      let open = out.partials.openSequences[i].addingReportingOverflow(sequenceBase)
      let close = out.partials.closeSequences[i].addingReportingOverflow(sequenceBase)
      guard !open.overflow, !close.overflow else {
        throw corruptCandles(group, "a sequence that exceeds 64 bits")
      }
      out.partials.openSequences[i] = open.partialValue
      out.partials.closeSequences[i] = close.partialValue
    }
    return out
  }

  /// The rows in the file of each partial of a group: those of a run follow each other.
  public func rows(
    of found: CandleGroup, group: Int
  ) throws(StorageError) -> [Range<Int>] {
    let table = try blockTable()
    let ofBlock = try runTable().runOfBlock
    var starts: [Int: Int] = [:]
    for block in table.blocks(ofGroup: group) {
      let run = Int(ofBlock[block])
      starts[run] = starts[run] ?? Int(table.firstRows[block])
    }
    var out: [Range<Int>] = []
    out.reserveCapacity(found.partials.count)
    for (run, count) in zip(found.runs, found.partials.rowCounts) {
      // `check` saw that the counts of a run add up to its rows.
      let start = starts[run] ?? 0
      out.append(start..<start + Int(count))
      starts[run] = start + Int(count)
    }
    return out
  }

  /// Whole runs are covered, and their partials have as many rows as their blocks.
  private func check(
    _ found: CandleGroup, _ group: Int, _ runOfBlock: [UInt32], _ rows: ArraySlice<UInt16>
  ) throws(StorageError) {
    // Rows of the covered blocks of each run, counted from the group's first.
    let first = Int(runOfBlock[0])
    var missing = [UInt64](repeating: 0, count: Int(runOfBlock[runOfBlock.count - 1]) - first + 1)
    for (bit, (run, rowCount)) in zip(runOfBlock, rows).enumerated() {
      let isCovered = found.covered >> UInt64(bit) & 1 != 0
      if isCovered { missing[Int(run) - first] += UInt64(rowCount) }
      if bit > 0, runOfBlock[bit - 1] == run,
        (found.covered >> UInt64(bit - 1) & 1 != 0) != isCovered
      {
        throw corruptCandles(group, "a run that is covered in part")
      }
    }
    guard found.covered >> UInt64(runOfBlock.count - 1) <= 1 else {
      throw corruptCandles(group, "a covered block that is not there")
    }
    for (run, rowCount) in zip(found.runs, found.partials.rowCounts) {
      let left = missing[run - first]
      guard rowCount > 0, rowCount <= left else {
        throw corruptCandles(group, "a partial candle of \(rowCount) rows that run \(run) lacks")
      }
      missing[run - first] = left - rowCount
    }
    guard missing.allSatisfy({ $0 == 0 }) else {
      throw corruptCandles(group, "rows of a covered run that are in no partial candle")
    }
  }

  /// The run columns of partials, as their fields' types.
  package func runColumn(
    ofField id: UInt32, _ type: DataType, runs: [Int]
  ) throws(StorageError) -> Column? {
    guard let position = fields.firstIndex(where: { $0.id == id }),
      let run = runFields.firstIndex(of: position)
    else { return nil }
    let values = try runTable().values[run]
    switch type.physical {
    case .codes:
      guard let dictionary = try dictionaries()[position] else { return nil }
      return Column(type, .codes(runs.map { UInt32(truncatingIfNeeded: values[$0]) }, dictionary))
    case .int8: return Column(type, .int8(runs.map { Int8(truncatingIfNeeded: values[$0]) }))
    case .int16: return Column(type, .int16(runs.map { Int16(truncatingIfNeeded: values[$0]) }))
    default: return Column(type, .uint8(runs.map { UInt8(truncatingIfNeeded: values[$0]) }))
    }
  }

  private func candlePiece(group: Int, width: Int64) throws(StorageError) -> CandlePiece? {
    guard let index = try candleIndex(), let level = index.widths.firstIndex(of: width),
      let section = footer.sections[.candles]
    else { return nil }
    let range = index.range(level: level, group: group)
    let bytes = try file.withBytes(
      section.offset + range.lowerBound..<section.offset + range.upperBound
    ) { (bytes) throws(StorageError) in
      unsafe bytes.withUnsafeBytes { unsafe Array($0) }
    }
    do throws(EncodingError) {
      return try CandlePiece(
        bytes[...], index.columns, rowCount: rowCount(ofGroup: group))
    } catch {
      throw corruptCandles(group, error.sentence)
    }
  }

  private func corruptCandles(_ group: Int, _ detail: String) -> StorageError {
    .corrupt(
      path: file.path, offset: footer.sections[.candles]?.offset ?? 0,
      detail: "candles of row group \(group): \(detail)")
  }

  /// Computes the partials of all covered runs from the rows and compares.
  func checkCandles() throws(StorageError) {
    guard let index = try candleIndex() else { return }
    let wanted = index.columns.fieldIDs.compactMap { id in fields.first { $0.id == id } }
    guard wanted.count == index.columns.fieldIDs.count else {
      throw corruptCandles(0, "candles of fields that are not there")
    }
    let table = try blockTable()
    let runOfBlock = try runTable().runOfBlock
    for group in 0..<groupCount {
      let batch = try read(
        group: group, blocks: allBlocks(ofGroup: group), fields: wanted + [.sequence],
        sequenceBase: 0)
      let rows = CandleRows(index.columns) { id in
        batch.columns[wanted.firstIndex { $0.id == id } ?? wanted.count]
      }
      let blocks = table.blocks(ofGroup: group)
      let runs = CandleBuilder.runs(Array(runOfBlock[blocks]), table.rows[blocks])
      for width in index.widths {
        _ = try candles(group: group, width: width, sequenceBase: 0)
        guard let stored = try candlePiece(group: group, width: width), stored.covered != 0 else {
          continue
        }
        let computed = rows.flatMap { rows in
          CandlePiece(rows, runs, width: width) { stored.covered & $0.blocks != 0 }
        }
        guard computed?.saysAsMuch(as: stored) ?? false else {
          throw corruptCandles(group, "they are not those of its rows")
        }
      }
    }
  }
}
