import TickColumns

/// Finds the ends of rows and reads rows: what the formats differ in.
///
/// `scan` looks at every byte once, in whatever pieces they come, and keeps its state between calls; `read` then
/// sees the whole row.
protocol RowSyntax: Sendable {
  /// Moves `at` towards `end`. Returns true with `at` behind a row's last byte, false when more bytes are needed.
  mutating func scan(
    _ bytes: Span<UInt8>, _ at: inout Int, _ end: Int
  ) throws(FormatError) -> Bool

  /// Reads the row that `scan` found. Returns false when it held no values (a header, a blank line).
  mutating func read(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, into rows: inout RowSink
  ) throws(FormatError) -> Bool

  /// Reads what is left when the input has ended. Returns true when it was a row.
  mutating func readRest(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, into rows: inout RowSink
  ) throws(FormatError) -> Bool
}

/// The columns under construction, with their names for errors.
struct RowSink {
  let schema: Schema
  var columns: [TextColumnBuilder]
  /// Positions of the columns that say where their defaults were taken.
  let marked: [Int]
  /// Data of a request is stored, so nothing is bent to fit.
  let outOfRange = OutOfRangeRule.refuse

  private let session: TimeZone

  init(
    _ schema: Schema, marked: [Int] = [], in session: TimeZone = .utc
  ) throws(FormatError) {
    self.schema = schema
    self.marked = marked
    self.session = session
    var columns: [TextColumnBuilder] = []
    for (position, field) in schema.fields.enumerated() {
      do throws(FormatError) {
        var column = try TextColumnBuilder(field.type, in: session)
        column.notesDefaults = marked.contains(position)
        columns.append(column)
      } catch {
        throw error.located(column: field.name)
      }
    }
    self.columns = columns
  }

  /// The same columns without rows.
  func emptied() throws(FormatError) -> RowSink { try RowSink(schema, marked: marked, in: session) }
}

/// Rows of any syntax into batches.
///
/// Invariants:
/// 1. `pending` holds only bytes of an unfinished row, at most `rowBytesMax`.
/// 2. A batch has at most `Batch.rowsMax` rows, and no row is added once it took `batchBytesMax` of input.
struct RowDecoder<Syntax: RowSyntax>: BatchDecoder {
  private var syntax: Syntax
  private var sink: RowSink
  private var rowCount = 0
  private var pending: [UInt8] = []
  /// How far into `pending` the syntax has looked.
  private var scanned = 0
  /// Rows read before, and input bytes before `pending`: for errors.
  private var rowsBefore = 0
  private var bytesBefore = 0
  /// The input offset at which the rows of the current batch begin.
  private var batchStart = 0
  /// Spreadsheets put a mark before their text; it is no part of the first value.
  private var skipsByteOrderMark = true

  private let rowBytesMax: Int

  init(
    _ schema: Schema, _ syntax: Syntax, _ rowBytesMax: Int, marked: [Int], in session: TimeZone
  ) throws(FormatError) {
    self.rowBytesMax = rowBytesMax
    sink = try RowSink(schema, marked: marked, in: session)
    self.syntax = syntax
  }

  mutating func push(_ bytes: [UInt8]) throws(FormatError) -> [Batch] {
    var batches: [Batch] = []
    if pending.isEmpty {
      pending = bytes
    } else {
      pending += bytes
    }
    if skipsByteOrderMark {
      guard pending.count >= byteOrderMark.count || !byteOrderMark.starts(with: pending) else {
        return []
      }
      if pending.starts(with: byteOrderMark) {
        pending.removeFirst(byteOrderMark.count)
        bytesBefore = byteOrderMark.count
      }
      skipsByteOrderMark = false
    }
    let input = pending
    let span = input.span
    var start = 0
    while try scan(span, start, input.count) {
      let end = scanned
      do throws(FormatError) {
        if try syntax.read(span, start, end, into: &sink) { rowCount += 1 }
      } catch {
        throw error.located(row: rowsBefore + rowCount + 1, offset: bytesBefore + start)
      }
      start = end
      if rowCount == Batch.rowsMax
        || bytesBefore + start - batchStart >= InputLimits.batchBytesMax
      {
        try takeBatch(into: &batches, endingAt: bytesBefore + start)
      }
    }
    if start > 0 {
      pending = Array(input[start...])
      scanned -= start
      bytesBefore += start
    }
    guard pending.count <= rowBytesMax else {
      throw FormatError(
        .tooLargeStringSize, "a row is longer than \(rowBytesMax) bytes",
        row: rowsBefore + rowCount + 1, offset: bytesBefore)
    }
    return batches
  }

  mutating func finish() throws(FormatError) -> [Batch] {
    if skipsByteOrderMark {
      // Too few bytes to tell: they are no mark, so they are looked at now.
      skipsByteOrderMark = false
      _ = try push([])
    }
    let input = pending
    pending = []
    do throws(FormatError) {
      if try syntax.readRest(input.span, 0, input.count, into: &sink) { rowCount += 1 }
    } catch {
      throw error.located(row: rowsBefore + rowCount + 1, offset: bytesBefore)
    }
    var batches: [Batch] = []
    try takeBatch(into: &batches, endingAt: bytesBefore + input.count)
    return batches
  }

  private mutating func scan(
    _ span: Span<UInt8>, _ start: Int, _ end: Int
  ) throws(FormatError) -> Bool {
    do throws(FormatError) {
      return try syntax.scan(span, &scanned, end)
    } catch {
      throw error.located(row: rowsBefore + rowCount + 1, offset: bytesBefore + start)
    }
  }

  private mutating func takeBatch(
    into batches: inout [Batch], endingAt offset: Int
  ) throws(FormatError) {
    batchStart = offset
    guard rowCount > 0 else { return }
    let full = sink
    sink = try full.emptied()
    let marks = full.marked.map { defaultMarks(full.columns[$0].defaulted, rowCount) }
    batches.append(Batch(full.columns.map { $0.finish() } + marks, rowCount: rowCount))
    rowsBefore += rowCount
    rowCount = 0
  }
}

/// A column of marks: 1 in these rows.
func defaultMarks(_ rows: [Int], _ rowCount: Int) -> Column {
  var marks = [UInt8](repeating: 0, count: rowCount)
  for row in rows { marks[row] = 1 }
  return Column(.uint8, .uint8(marks))
}

/// Bounds of the decoders.
enum InputLimits {
  /// One row, and so one value: what a decoder holds back at most. As `FormatLimits.valueBytesMax`.
  static let rowBytesMax = FormatLimits.valueBytesMax
  /// Input bytes of a batch after which it is handed on, however few rows it has.
  static let batchBytesMax = 16 << 20
}
