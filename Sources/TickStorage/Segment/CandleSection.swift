/// The candles section of a segment: what is computed of the rows while they are written, and the section's head.
/// `storage-format/segment.md` (Kind 6) is the specification.
///
/// Invariants:
/// 1. A piece belongs to one level and one row group. In it a run has partials of all its rows in the group, or of none.
/// 2. A section names the fields and the definition that its partials were made of, and is not read for others.
internal import TickColumns

/// Gathers partials while row groups are written.
struct CandleBuilder {
  private let columns: CandleColumns
  /// Widths of the levels in units of the time column.
  private let widths: [Int64]
  /// By level, then by group.
  private var pieces: [[CandlePiece]]

  /// Nil where the segment cannot have candles of these columns: it lacks one, or rows are ordered otherwise.
  init?(_ columns: CandleColumns, fields: [SegmentField], key: [UInt32?], runColumns: Int) {
    func type(_ id: UInt32) -> DataType? { fields.first { $0.id == id }?.type }
    guard runColumns > 0, key.count == runColumns + 1, key[runColumns] == columns.time,
      let units = type(columns.time).flatMap(CandleColumns.unitsPerSecond),
      type(columns.price) == .float64, type(columns.quantity) == .float64,
      columns.side.map({ type($0)?.physical == .int8 }) ?? true,
      columns.identifier.map({ type($0) == .uint64 }) ?? true
    else { return nil }
    self.columns = columns
    widths = CandleColumns.levels.map { $0 * units }
    pieces = widths.map { _ in [] }
  }

  /// A run's rows in a group, or all of them.
  struct Run {
    var number: UInt64
    /// Positions in the group.
    var rows: Range<Int>
    /// Its blocks of the group.
    var blocks: UInt64
  }

  /// The runs of the blocks of one group.
  static func runs(_ runOfBlock: [UInt32], _ rowCounts: some Collection<UInt16>) -> [Run] {
    var out: [Run] = []
    var row = 0
    for (bit, (run, count)) in zip(runOfBlock, rowCounts).enumerated() {
      let number = UInt64(run - runOfBlock[0])
      if out.last?.number != number {
        out.append(Run(number: number, rows: row..<row, blocks: 0))
      }
      row += Int(count)
      out[out.count - 1].rows = out[out.count - 1].rows.lowerBound..<row
      out[out.count - 1].blocks |= 1 << UInt64(bit)
    }
    return out
  }

  /// Adds the next row group.
  ///
  /// - Parameter part: a field's column in the rows of the group, in order; nil for `_sequence`.
  mutating func add(_ runs: [Run], _ part: (UInt32?) -> Column) {
    var made = widths.map { _ in CandlePiece() }
    if let rows = CandleRows(columns, part) {
      for run in runs { add(run, rows, to: &made) }
    }
    for (level, piece) in made.enumerated() { pieces[level].append(piece.settled ?? CandlePiece()) }
  }

  /// Adds the partials of a run at all levels that it has rows enough for; coarse ones are merged from fine ones.
  private func add(_ run: Run, _ rows: CandleRows, to made: inout [CandlePiece]) {
    let most = run.rows.count / CandleColumns.rowsPerPartialMin
    guard most > 0 else { return }
    var finer: CandlePartials?
    for (level, width) in widths.enumerated() {
      let partials =
        finer?.merged(width: width)
        ?? CandlePartials(rows, in: run.rows, width: width, partialsMax: most)
      guard let partials, partials.count <= most else { continue }
      made[level].add(partials, of: run)
      finer = partials
    }
  }

  /// The section; nil where no run has partials.
  var bytes: [UInt8]? {
    guard pieces.contains(where: { $0.contains { $0.partials.count > 0 } }) else { return nil }
    var out: [UInt8] = []
    out.appendLittleEndian(CandleIndex.definition)
    for id in [columns.time, columns.price, columns.quantity] { out.appendLittleEndian(id) }
    out.appendLittleEndian(columns.side ?? SegmentFormat.noFieldID)
    out.appendLittleEndian(Int32(columns.buy))
    out.appendLittleEndian(columns.identifier ?? SegmentFormat.noFieldID)
    out.appendLittleEndian(UInt32(widths.count))
    for width in widths { out.appendLittleEndian(UInt64(width)) }
    let all = pieces.flatMap { $0.map { $0.bytes(columns) } }
    var offset = out.count + 4 * (all.count + 1)
    for piece in all {
      out.appendLittleEndian(UInt32(offset))
      offset += piece.count
    }
    out.appendLittleEndian(UInt32(offset))
    for piece in all { out += piece }
    return out
  }
}

extension CandlePiece {
  /// The partials of the runs that are covered; nil where one of them cannot have any.
  init?(
    _ rows: CandleRows, _ runs: [CandleBuilder.Run], width: Int64,
    isCovered: (CandleBuilder.Run) -> Bool
  ) {
    for run in runs where isCovered(run) {
      guard
        let partials = CandlePartials(
          rows, in: run.rows, width: width, partialsMax: run.rows.count)
      else { return nil }
      add(partials, of: run)
    }
    guard let settled else { return nil }
    self = settled
  }

  /// Adds the partials of one more run; not where their totals and those so far have no common scale.
  mutating func add(_ more: CandlePartials, of run: CandleBuilder.Run) {
    guard partials.append(more) else { return }
    covered |= run.blocks
    runs += Array(repeating: run.number, count: more.count)
  }

  /// With the scale of its prices; nil where they are no short decimals of one scale.
  var settled: CandlePiece? {
    guard let scale = partials.priceScale else { return nil }
    var out = self
    out.priceScale = scale
    return out
  }

  /// The same partials, whatever the scales of their totals.
  func saysAsMuch(as other: CandlePiece) -> Bool {
    var (left, right) = (self, other)
    for totals in [\CandlePartials.volumes, \.notionals, \.buyVolumes] {
      left.partials[keyPath: totals] = left.partials[keyPath: totals].shortest
      right.partials[keyPath: totals] = right.partials[keyPath: totals].shortest
    }
    right.priceScale = left.priceScale
    return left == right
  }
}

extension CandleRows {
  /// Nil where a column is not what candles take.
  init?(_ columns: CandleColumns, _ part: (UInt32?) -> Column) {
    guard case .int64(let times) = part(columns.time).values,
      case .uint64(let sequences) = part(nil).values,
      case .float64(let prices) = part(columns.price).values,
      case .float64(let quantities) = part(columns.quantity).values
    else { return nil }
    self.init(times: times, sequences: sequences, prices: prices, quantities: quantities)
    if let side = columns.side {
      guard case .int8(let sides) = part(side).values else { return nil }
      isBuy = sides.map { $0 == columns.buy }
    }
    if let identifier = columns.identifier {
      guard case .uint64(let numbers) = part(identifier).values else { return nil }
      identifiers = numbers
    }
  }
}

/// The head of the section.
struct CandleIndex: Sendable {
  /// Of what a partial is; another number is another definition, and its sections are not read.
  static let definition: UInt32 = 1

  let columns: CandleColumns
  let widths: [Int64]
  /// Where the pieces begin, level by level and in a level group by group, and where the last one ends.
  let offsets: [UInt32]
  let groupCount: Int

  /// - Returns: nil for a definition that this build does not know.
  static func read(_ bytes: [UInt8], groupCount: Int) throws(FooterError) -> CandleIndex? {
    do throws(EncodingError) {
      var reader = LittleEndianReader(bytes)
      guard try reader.read(UInt32.self) == definition else { return nil }
      func id(_ reader: inout LittleEndianReader) throws(EncodingError) -> UInt32? {
        let id = try reader.read(UInt32.self)
        return id == SegmentFormat.noFieldID ? nil : id
      }
      let (time, price) = (try reader.read(UInt32.self), try reader.read(UInt32.self))
      let quantity = try reader.read(UInt32.self)
      let side = try id(&reader)
      let buy = try reader.read(Int32.self)
      let columns = CandleColumns(
        time: time, price: price, quantity: quantity, side: side,
        buy: Int8(truncatingIfNeeded: buy), identifier: try id(&reader))
      let levels = try reader.read(UInt32.self)
      var widths: [Int64] = []
      for _ in 0..<min(levels, UInt32(bytes.count)) {
        widths.append(Int64(truncatingIfNeeded: try reader.read(UInt64.self)))
      }
      guard widths.allSatisfy({ $0 > 0 }), Int32(columns.buy) == buy else {
        throw EncodingError(.badValue("a bucket without width, or a side that is no Enum8"))
      }
      let count = widths.count * groupCount
      guard reader.remaining / 4 > count else {
        throw EncodingError(.tooShort(needed: 4 * (count + 1), available: reader.remaining))
      }
      var offsets: [UInt32] = []
      for _ in 0...count { offsets.append(try reader.read(UInt32.self)) }
      guard Int(offsets[0]) == reader.position, Int(offsets[count]) == bytes.count,
        zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 })
      else { throw EncodingError(.badValue("pieces of candles that do not ascend")) }
      return CandleIndex(
        columns: columns, widths: widths, offsets: offsets, groupCount: groupCount)
    } catch {
      throw .damaged(error.sentence)
    }
  }

  func range(level: Int, group: Int) -> Range<Int> {
    let piece = level * groupCount + group
    return Int(offsets[piece])..<Int(offsets[piece + 1])
  }
}
