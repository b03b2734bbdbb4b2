/// A stored table of one snapshot as SQL scans it.
///
/// Invariants:
/// 1. A morsel is what is left of one row group of one segment after pruning, or one batch of a memtable. It is read
///    in batches of about `batchRows` rows.
/// 2. Segments come first, in the order of publishing and by row inside, then the memtables in the order of arrival.
/// 3. Rows outside a segment's live ranges never come out.
import TickColumns
import TickSQL
import TickStorage

struct StoredTable: TableSource {
  let snapshot: TableSnapshot
  var schema: Schema { snapshot.definition.schema }
  let hasSequence = true

  init(_ snapshot: TableSnapshot) {
    self.snapshot = snapshot
  }

  func scan(_ request: ScanRequest) throws(SQLError) -> any TableScan {
    let fields = request.columns.map(field)
    let constraints = request.constraints.map { constraint in
      FieldConstraint(
        fieldID: field(constraint.column).id, condition: .init(constraint.condition))
    }
    var morsels: [StoredScan.Morsel] = []
    var opened = 0
    do throws(StorageError) {
      for segment in snapshot.segments {
        guard segment.entry.descriptor.mayContain(constraints) else { continue }
        let reader = try segment.file.reader()
        opened += 1
        for selection in try reader.prune(constraints) {
          morsels.append(.segment(segment, reader, selection))
        }
      }
    } catch {
      throw SQLError(storage: error)
    }
    for batch in snapshot.memtables.flatMap(\.batches) where batch.rowCount > 0 {
      morsels.append(.memory(batch, positions: fields.map(position)))
    }
    let rows = snapshot.rowCount
    let estimate = morsels.reduce(0) { $0 + $1.rowCount }
    return StoredScan(
      fields: fields, morsels: morsels, rowEstimate: estimate,
      explanation: [
        "segments: \(opened) of \(snapshot.segments.count)",
        "rows after pruning: \(estimate) of \(rows)",
      ])
  }

  /// The place of a field among the columns of a batch in memory; nil for `_sequence`.
  private func position(of field: SegmentField) -> Int? {
    snapshot.definition.fields.firstIndex { $0.id == field.id }
  }

  private func field(_ name: String) -> SegmentField {
    if name == SegmentField.sequence.name { return .sequence }
    guard let field = snapshot.definition.fields.first(where: { $0.name == name }) else {
      preconditionFailure("the binder asked for '\(name)', which the table lacks")
    }
    return SegmentField(id: field.id, name: field.name, type: field.type)
  }
}

private struct StoredScan: TableScan {
  enum Morsel: Sendable {
    case segment(LiveSegment, SegmentReader, RowGroupSelection)
    /// For each wanted column its position in the batch; nil for `_sequence`.
    case memory(MemtableBatch, positions: [Int?])

    var rowCount: Int {
      switch self {
      case .segment(_, _, let selection): selection.rowCount
      case .memory(let batch, _): batch.rowCount
      }
    }
  }

  let fields: [SegmentField]
  let morsels: [Morsel]
  let rowEstimate: Int
  let explanation: [String]

  var morselCount: Int { morsels.count }

  /// Rows of a batch: its columns stay in the second-level cache from decoding to aggregation, and an array of 8
  /// bytes a row stays below 128 KiB, from where malloc maps fresh pages for each.
  private static let batchRows = 8 * BlockLimits.rowsMax

  func read(
    morsel number: Int, _ body: (Batch) throws(SQLError) -> Bool
  ) throws(SQLError) {
    switch morsels[number] {
    case .segment(let segment, let reader, let selection):
      precondition(
        segment.entry.liveRowCount == segment.entry.descriptor.rowCount,
        "live ranges come with deletes")
      let pieces: [RowGroupSelection]
      do throws(StorageError) {
        pieces = try reader.pieces(of: selection, rows: Self.batchRows)
      } catch {
        throw SQLError(storage: error)
      }
      for piece in pieces {
        let batch: Batch
        do throws(StorageError) {
          batch = try reader.read(
            group: piece.group, blocks: piece.blocks, fields: fields,
            sequenceBase: segment.entry.sequenceBase)
        } catch {
          throw SQLError(storage: error)
        }
        guard try body(batch) else { return }
      }
    case .memory(let batch, let positions):
      let columns = positions.map { position in
        position.map { batch.columns.columns[$0] } ?? Column(.uint64, .uint64(batch.sequences))
      }
      var rest = 0..<batch.rowCount
      let whole = Batch(columns, rowCount: batch.rowCount)
      while !rest.isEmpty {
        let end = min(rest.upperBound, rest.lowerBound + Self.batchRows)
        guard try body(whole.slice(rest.lowerBound..<end)) else { return }
        rest = end..<rest.upperBound
      }
    }
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
