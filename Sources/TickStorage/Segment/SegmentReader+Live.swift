/// Rows of a file that is not live as a whole.
///
/// Invariants:
/// 1. A block with a row that is wanted is never dropped, and of a block that is read the rows that are not wanted are named.
/// 2. Positions are those in the batch that `read(group:blocks:)` gives for the same blocks.
internal import TickColumns

extension SegmentReader {
  /// Without the blocks of which no row is wanted; counts those rows that are.
  public func living(
    _ selection: RowGroupSelection, in rows: RowRanges
  ) throws(StorageError) -> RowGroupSelection {
    let table = try blockTable()
    let first = table.blocks(ofGroup: selection.group).lowerBound
    var out = RowGroupSelection(group: selection.group, blocks: 0, rowCount: 0)
    for bit in 0..<UInt64.bitWidth where selection.blocks >> UInt64(bit) & 1 != 0 {
      let count = rows.count(in: table.rows(ofBlock: first + bit))
      guard count > 0 else { continue }
      out.blocks |= 1 << UInt64(bit)
      out.rowCount += count
    }
    return out
  }

  /// Where the rows of blocks that are wanted stand in their batch; nil when all of them are.
  public func positions(
    of rows: RowRanges, group: Int, blocks: UInt64
  ) throws(StorageError) -> [Int32]? {
    let table = try blockTable()
    let first = table.blocks(ofGroup: group).lowerBound
    var out: [Int32] = []
    var place = 0
    for bit in 0..<UInt64.bitWidth where blocks >> UInt64(bit) & 1 != 0 {
      let own = table.rows(ofBlock: first + bit)
      for part in rows.parts(in: own) {
        let start = place + part.lowerBound - own.lowerBound
        for position in start..<start + part.count { out.append(Int32(position)) }
      }
      place += own.count
    }
    return out.count == place ? nil : out
  }

  /// The rows of a group in the file.
  public func rows(ofGroup group: Int) throws(StorageError) -> Range<Int> {
    let table = try blockTable()
    let blocks = table.blocks(ofGroup: group)
    return Int(table.firstRows[blocks.lowerBound])..<Int(table.firstRows[blocks.upperBound])
  }

  /// The sequences of rows, in the order of the file.
  public func sequences(of rows: RowRanges, base: UInt64) throws(StorageError) -> [UInt64] {
    let table = try blockTable()
    var out: [UInt64] = []
    for group in 0..<groupCount {
      let blocks = table.blocks(ofGroup: group)
      for block in blocks {
        let own = table.rows(ofBlock: block)
        let parts = rows.parts(in: own)
        if parts.isEmpty { continue }
        let batch = try read(
          group: group, blocks: 1 << UInt64(block - blocks.lowerBound), fields: [.sequence],
          sequenceBase: base)
        guard case .uint64(let found) = batch.columns[0].values else { continue }
        for part in parts { out += part.map { found[$0 - own.lowerBound] } }
      }
    }
    return out
  }

  /// The rows that have these sequences, ascending.
  ///
  /// - Parameter sequences: ascending; with the segment's base.
  public func rows(
    withSequences sequences: [UInt64], base: UInt64, in live: RowRanges
  ) throws(StorageError) -> [Int] {
    guard let stored = storedColumns.firstIndex(where: { $0.id == SegmentField.sequence.id }) else {
      return []
    }
    let wanted = Set(sequences)
    let directory = try directory(stored)
    let table = try blockTable()
    var out: [Int] = []
    for group in 0..<groupCount {
      let blocks = table.blocks(ofGroup: group)
      for block in blocks {
        if directory.hasBounds(block) {
          // Rows that the manifest knows never have a sequence above 64 bits.
          let low = directory.minimum[block] &+ base
          let high = directory.maximum[block] &+ base
          let place = sequences.firstPosition(notBelow: low)
          guard place < sequences.count, sequences[place] <= high else { continue }
        }
        let batch = try read(
          group: group, blocks: 1 << UInt64(block - blocks.lowerBound), fields: [.sequence],
          sequenceBase: base)
        guard case .uint64(let found) = batch.columns[0].values else { continue }
        for part in live.parts(in: table.rows(ofBlock: block)) {
          for row in part where wanted.contains(found[row - Int(table.firstRows[block])]) {
            out.append(row)
          }
        }
      }
    }
    return out
  }
}

extension [UInt64] {
  /// Of ascending numbers: the first that is not below a bound.
  fileprivate func firstPosition(notBelow bound: UInt64) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < bound { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
