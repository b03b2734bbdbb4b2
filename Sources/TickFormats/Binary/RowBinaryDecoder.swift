import TickColumns

/// RowBinary into batches: rows are found first, value by value, then built column by column.
///
/// Invariants:
/// 1. `pending` holds at most one unfinished row (of at most `rowBytesMax`) beyond the rows of the next batch.
/// 2. A batch has at most `Batch.rowsMax` rows and ends once its rows took `InputLimits.batchBytesMax`.
struct RowBinaryDecoder: BatchDecoder {
  /// What stands before the rows, and before each value.
  struct Layout: Sendable {
    var names = false
    var types = false
    /// A byte before each value: 1 takes the column's default and no value follows.
    var defaults = false
  }

  private let schema: Schema
  private let layout: Layout
  private let rowBytesMax: Int
  /// Positions of the columns that say where their defaults were taken.
  private let marked: [Int]
  /// The schema position of each value of a row.
  private var positions: [Int]
  private var rows: FoundRows
  private var hasHeader: Bool
  private var pending: [UInt8] = []
  private var rowsBefore = 0
  private var bytesBefore = 0

  init(_ schema: Schema, _ layout: Layout, rowBytesMax: Int, marked: [Int] = []) {
    self.schema = schema
    self.marked = marked
    self.layout = layout
    self.rowBytesMax = rowBytesMax
    positions = Array(0..<schema.count)
    rows = FoundRows(
      shapes: schema.fields.map { BinaryShape($0.type) }, hasDefaults: layout.defaults)
    hasHeader = !layout.names && !layout.types
  }

  mutating func push(_ bytes: [UInt8]) throws(FormatError) -> [Batch] {
    pending += bytes
    if !hasHeader {
      guard let header = try Self.header(pending.span, schema, hasTypes: layout.types) else {
        try checkSize(pending.count)
        return []
      }
      positions = header.positions
      rows = FoundRows(
        shapes: positions.map { BinaryShape(schema[$0].type) }, hasDefaults: layout.defaults)
      hasHeader = true
      bytesBefore = header.end
      pending.removeFirst(header.end)
    }
    var batches: [Batch] = []
    while true {
      do throws(FormatError) {
        // Another name for the same bytes: the span of a property would hold all of `self`.
        let bytes = pending
        try rows.find(in: bytes.span)
      } catch {
        throw located(error)
      }
      guard rows.isFull else { break }
      batches.append(try takeBatch())
    }
    try checkSize(pending.count - rows.end)
    return batches
  }

  mutating func finish() throws(FormatError) -> [Batch] {
    guard hasHeader || pending.isEmpty else {
      throw FormatError(.cannotReadAllData, "the input ends inside the header", row: 0)
    }
    guard rows.end == pending.count else {
      throw located(FormatError(.cannotReadAllData, "the input ends inside a row"))
    }
    return rows.count > 0 ? [try takeBatch()] : []
  }

  private func checkSize(_ count: Int) throws(FormatError) {
    guard count <= rowBytesMax else {
      throw located(
        FormatError(.tooLargeStringSize, "a row is longer than \(rowBytesMax) bytes"))
    }
  }

  /// An error of the first row that is not whole.
  private func located(_ error: FormatError) -> FormatError {
    error.located(row: rowsBefore + rows.count + 1, offset: bytesBefore + rows.end)
  }

  private mutating func takeBatch() throws(FormatError) -> Batch {
    let count = rows.count
    var columns: [Column?] = Array(repeating: nil, count: schema.count)
    for (value, position) in positions.enumerated() {
      let field = schema[position]
      do throws(FormatError) {
        columns[position] = try column(field.type, rows.places(of: value))
      } catch {
        throw error.located(column: field.name).located(
          row: rowsBefore + 1, offset: bytesBefore)
      }
    }
    let whole = schema.fields.indices.map { position in
      columns[position]
        ?? Column(
          schema[position].type, repeating: .defaultValue(of: schema[position].type),
          count: count)
    }
    let marks = marked.map { position in
      guard let value = positions.firstIndex(of: position) else {
        return Column(.uint8, repeating: .uint(1), count: count)
      }
      let places = rows.places(of: value)
      return defaultMarks(places.indices.filter { places[$0] < 0 }, count)
    }
    bytesBefore += rows.end
    pending.removeFirst(rows.end)
    rows.removeAll()
    rowsBefore += count
    return Batch(whole + marks, rowCount: count)
  }

  private func column(_ type: DataType, _ places: [Int]) throws(FormatError) -> Column {
    guard places.contains(where: { $0 < 0 }) else {
      return try binaryColumn(type, pending.span, starts: places)
    }
    let given = try binaryColumn(type, pending.span, starts: places.filter { $0 >= 0 })
    let fallback = Column(type, of: [.defaultValue(of: type)])
    var next: Int32 = 0
    let positions = places.map { place -> Int32 in
      if place < 0 { return 0 }
      next += 1
      return next
    }
    return Column.concatenate(type, [fallback, given]).gather(positions)
  }

  /// Names and types: the schema position of each value and where the rows begin; nil when they are not whole yet.
  private static func header(
    _ bytes: Span<UInt8>, _ schema: Schema, hasTypes: Bool
  ) throws(FormatError) -> (positions: [Int], end: Int)? {
    let end = bytes.count
    var at = 0
    guard let count = try readLength(bytes, &at, end) else { return nil }
    guard count <= FormatLimits.columnsMax else {
      throw FormatError(.incorrectData, "a header of \(count) columns", row: 0)
    }
    var found: [Int] = []
    for _ in 0..<count {
      guard let name = try readText(bytes, &at, end) else { return nil }
      guard let position = schema.position(of: name) else {
        throw FormatError(
          .incorrectData, "Unknown field found in the header: '\(name)'", row: 0, column: name)
      }
      guard !found.contains(position) else {
        throw FormatError(
          .incorrectData, "Duplicate field found in the header: '\(name)'", row: 0, column: name)
      }
      found.append(position)
    }
    if hasTypes {
      for position in found {
        guard let type = try readText(bytes, &at, end) else { return nil }
        guard type == schema[position].type.description else {
          throw FormatError(
            .incorrectData,
            "Type of '\(schema[position].name)' must be \(schema[position].type), not \(type)",
            row: 0, column: schema[position].name)
        }
      }
    }
    return (found, at)
  }
}

/// Rows whose values have been found but not read.
private struct FoundRows: Sendable {
  private let shapes: [BinaryShape]
  private let hasDefaults: Bool
  /// Where the values begin, row after row; -1 where the default is taken.
  private var starts: [Int] = []
  private(set) var count = 0
  /// Behind the last row.
  private(set) var end = 0

  init(shapes: [BinaryShape], hasDefaults: Bool) {
    self.shapes = shapes
    self.hasDefaults = hasDefaults
  }

  var isFull: Bool { count == Batch.rowsMax || end >= InputLimits.batchBytesMax && count > 0 }

  func places(of value: Int) -> [Int] {
    (0..<count).map { starts[$0 * shapes.count + value] }
  }

  mutating func removeAll() {
    starts.removeAll(keepingCapacity: true)
    count = 0
    end = 0
  }

  /// Finds rows until there are enough or no whole one is left.
  mutating func find(in bytes: Span<UInt8>) throws(FormatError) {
    while !isFull, end < bytes.count {
      var at = end
      var isWhole = true
      for shape in shapes where isWhole {
        if hasDefaults {
          isWhole = at < bytes.count
          guard isWhole else { continue }
          at += 1
          if bytes[at - 1] != 0 {
            starts.append(-1)
            continue
          }
        }
        starts.append(at)
        isWhole = try shape.skip(bytes, &at, bytes.count)
      }
      guard isWhole else {
        starts.removeLast(starts.count - count * shapes.count)
        return
      }
      guard at > end else { throw FormatError(.incorrectData, "bytes behind rows that have none") }
      end = at
      count += 1
    }
  }
}

extension RowBinaryDecoder {
  /// The columns that a header of names and types tells.
  static func fields(ofHeader bytes: [UInt8]) throws(FormatError) -> [Field] {
    let cut = FormatError(.cannotReadAllData, "the input ends inside the header", row: 0)
    var at = 0
    guard let count = try readLength(bytes.span, &at, bytes.count) else { throw cut }
    guard count <= FormatLimits.columnsMax else {
      throw FormatError(.incorrectData, "a header of \(count) columns")
    }
    var texts: [String] = []
    while texts.count < 2 * count {
      guard let text = try readText(bytes.span, &at, bytes.count) else { throw cut }
      texts.append(text)
    }
    var fields: [Field] = []
    for (name, type) in zip(texts[..<count], texts[count...]) {
      do throws(TypeNameError) {
        fields.append(Field(name, try DataType.parse(type)))
      } catch {
        throw FormatError(error.code, error.message, row: 0, column: name)
      }
    }
    return fields
  }
}
