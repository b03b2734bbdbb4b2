/// Reads chunks of any layout but Binance's trade archives, on any number of threads.
///
/// Invariants:
/// 1. Every row of the chunk is a row of the batch or a reject, never both, never neither; blank lines, and comments
///    before the first row, are neither.
/// 2. Numbers are the doubles nearest to the decimals in the file; a value that is not there is a reject, never 0,
///    except for strings, nullable columns and JSON read into a table's own columns.
/// 3. A time without a zone of its own is read on the clock of `zone`, or else of the column.
public import TickColumns

public struct MappedParser: Sendable {
  public let layout: FileLayout
  /// What the batches hold: a column per mapping, of the table's type.
  public let schema: Schema
  let targets: [Target]
  /// The names of the layout, for keys of objects.
  let nameBytes: [[UInt8]]
  private let zone: String?

  /// A mapping with all that reading a cell needs.
  struct Target: Sendable {
    let cell: Int
    let name: String
    let reading: Reading
    let takesNothing: Bool
  }

  enum Reading: Sendable {
    case value
    case double(min: Double?, excludesMin: Bool, factor: Double, divides: Bool)
    case ticks(TimeUnit?, precision: Int)
    case seconds(TimeUnit?)
    case timeOfDay(TimeUnit, precision: Int, midnight: Int64)
    case side(SideRule)
    case identifier
  }

  /// - Parameters:
  ///   - table: the columns of the table, by name.
  ///   - zone: of times that do not say theirs; nil for the zones of the columns.
  ///   - day: days since 1970, for times of day.
  /// - Throws: 16 for a column that the table lacks, 15 for one that is filled twice, 53 for a reading that the
  ///   column's type has not, 48 for a type that has no text.
  public init(
    _ layout: FileLayout, table: Schema, zone: TimeZone? = nil, day: Int? = nil
  ) throws(FormatError) {
    self.layout = layout
    nameBytes = layout.names.map { Array($0.utf8) }
    self.zone = zone?.name
    var fields: [Field] = []
    var targets: [Target] = []
    // In the order of the file, so that the first bad value of a row is the one that is named.
    let mappings = layout.columns.sorted { $0.cell < $1.cell }
    for mapping in mappings {
      guard let position = table.position(of: mapping.column) else {
        throw FormatError(
          .noSuchColumnInTable,
          "the file has a column '\(mapping.column)', the table has "
            + table.fields.map { "'\($0.name)'" }.joined(separator: ", "), column: mapping.column)
      }
      guard !fields.contains(where: { $0.name == mapping.column }) else {
        throw FormatError(
          .duplicateColumn, "column '\(mapping.column)' stands twice", column: mapping.column)
      }
      let field = table[position]
      fields.append(field)
      targets.append(
        Target(
          cell: mapping.cell, name: layout.names[mapping.cell],
          reading: try Self.reading(mapping, of: field, zone: zone, day: day),
          takesNothing: layout.isPlain && layout.shape.isJSON))
    }
    self.targets = targets
    schema = Schema(fields)
    _ = try makeBuilders()
  }

  private static func reading(
    _ mapping: ColumnMapping, of field: Field, zone: TimeZone?, day: Int?
  ) throws(FormatError) -> Reading {
    let type = field.type
    func refuse(_ wants: String) -> FormatError {
      FormatError(
        .typeMismatch, "column '\(field.name)' is \(type): this reading is for \(wants)",
        column: field.name)
    }
    switch mapping.reading {
    case .value:
      return type == .float64
        ? .double(min: nil, excludesMin: false, factor: 1, divides: false) : .value
    case .price:
      guard type == .float64 else { return .value }
      return .double(min: 0, excludesMin: true, factor: 1, divides: false)
    case .quantity:
      guard type == .float64 else { return .value }
      return .double(min: 0, excludesMin: false, factor: 1, divides: false)
    case .scaled(let factor, let divides):
      guard type == .float64 else { throw refuse("Float64") }
      return .double(min: nil, excludesMin: false, factor: factor, divides: divides)
    case .anyTime, .time:
      var unit: TimeUnit?
      if case .time(let given) = mapping.reading { unit = given }
      switch type {
      case .dateTime64(let precision, _): return .ticks(unit, precision: Int(precision))
      case .dateTime: return .seconds(unit)
      default:
        if unit == nil { return .value }
        throw refuse("DateTime64 and DateTime")
      }
    case .timeOfDay(let unit):
      guard case .dateTime64(let precision, let name) = type else { throw refuse("DateTime64") }
      guard let day else {
        throw FormatError(
          .badArguments, "has times of day in '\(field.name)': say the day with --date",
          column: field.name)
      }
      let clock = zone ?? name.flatMap { TimeZone.named($0) } ?? .utc
      return .timeOfDay(
        unit, precision: Int(precision), midnight: clock.instant(ofLocal: Int64(day) * 86_400))
    case .side(let rule):
      guard let names = type.enumDefinition, case .enum8 = type,
        names.number(named: "buy") == 1, names.number(named: "sell") == 2,
        names.number(named: "unknown") == 0
      else {
        if rule == .taker { return .value }
        throw refuse("Enum8('unknown' = 0, 'buy' = 1, 'sell' = 2)")
      }
      return .side(rule)
    case .identifier: return type == .uint64 ? .identifier : .value
    }
  }

  /// A builder per column; with a zone of the user's for times of text.
  func makeBuilders() throws(FormatError) -> [TextColumnBuilder] {
    var builders: [TextColumnBuilder] = []
    for field in schema.fields {
      do throws(FormatError) {
        builders.append(try TextColumnBuilder(zoned(field.type)))
      } catch {
        throw error.located(column: field.name)
      }
    }
    return builders
  }

  private func zoned(_ type: DataType) -> DataType {
    guard let zone else { return type }
    switch type {
    case .dateTime64(let precision, _): return .dateTime64(precision: precision, zone: zone)
    case .dateTime: return .dateTime(zone: zone)
    default: return type
    }
  }

  /// Reads one chunk of whole rows; the last may lack its newline.
  ///
  /// - Parameter isFirst: true for the first chunk of the file, which holds what stands before the rows.
  public func parse(_ chunk: ArraySlice<UInt8>, isFirst: Bool) -> ParsedChunk {
    if layout.shape == .native { return readBlocks(chunk.span) }
    var rows = RowsUnderConstruction(self)
    let lineCount: Int
    switch layout.shape {
    case .delimited(let shape):
      lineCount = readLines(chunk.span, shape, isFirst: isFirst, into: &rows)
    case .jsonLines: lineCount = readJSONLines(chunk.span, into: &rows)
    case .json(let depth):
      lineCount = readJSON(chunk.span, depth: depth, isFirst: isFirst, into: &rows)
    case .native, .binanceTrades: preconditionFailure("these have parsers of their own")
    }
    return rows.finish(schema: schema, lineCount: lineCount)
  }
}

/// Columns under construction, with the rows that are to be dropped again.
struct RowsUnderConstruction {
  private let parser: MappedParser
  private(set) var columns: [TextColumnBuilder]
  private(set) var rejects: [RejectedRow] = []
  private var kept: [Int32] = []
  private var lines: [Int32] = []
  private var rowCount = 0
  private let cellCount: Int

  init(_ parser: MappedParser) {
    self.parser = parser
    cellCount = parser.layout.names.count
    // The parser has made one of each, so none is refused here.
    do throws(FormatError) {
      columns = try parser.makeBuilders()
    } catch {
      preconditionFailure("a column type was refused after it was accepted")
    }
  }

  /// Reads the values of one row. Gives false, and the row is a reject, where one does not fit.
  ///
  /// - Parameter cells: where each value lies; of values that are missing the start is -1.
  mutating func append(
    _ bytes: Span<UInt8>, _ cells: borrowing CellRanges, line: Int, style: CellStyle
  ) {
    var reject: RejectedRow?
    for position in parser.targets.indices {
      // The parts and not the whole: a copy of the target would count references for every value.
      let cell = parser.targets[position].cell
      let start = cells.start(cell)
      if start < 0 {
        if parser.targets[position].takesNothing {
          columns[position].appendDefault()
          continue
        }
        reject = RejectedRow(
          line: line, column: parser.targets[position].name,
          reason: style != .json
            ? "the row ends after \(cells.count) of \(parser.layout.names.count) values"
            : "the value is missing")
        break
      }
      do throws(FormatError) {
        try columns[position].append(
          bytes, start, cells.end(cell), parser.targets[position].reading, style: style)
      } catch {
        reject = RejectedRow(
          line: line, column: parser.targets[position].name, reason: error.message)
        break
      }
    }
    if reject == nil, style != .json, cells.count != cellCount {
      let wanted = parser.layout.names.count
      reject = RejectedRow(
        line: line, column: cells.count < wanted ? parser.layout.names[cells.count] : nil,
        reason: cells.count > wanted
          ? "more than \(wanted) values" : "the row ends after \(cells.count) of \(wanted) values")
    }
    if reject == nil {
      for case .ordered(let low, let high) in parser.layout.checks {
        reject = outOfOrder(bytes, cells, low, high, line: line)
        if reject != nil { break }
      }
    }
    if let reject {
      rejects.append(reject)
      for i in columns.indices where columns[i].count == rowCount { columns[i].appendDefault() }
    } else {
      kept.append(Int32(rowCount))
      lines.append(Int32(truncatingIfNeeded: line))
    }
    rowCount += 1
  }

  mutating func reject(_ row: RejectedRow) { rejects.append(row) }

  private func outOfOrder(
    _ bytes: Span<UInt8>, _ cells: borrowing CellRanges, _ low: Int, _ high: Int, line: Int
  ) -> RejectedRow? {
    guard cells.start(low) >= 0, cells.start(high) >= 0,
      let first = wholeNumber(bytes, cells.start(low), cells.end(low)),
      let last = wholeNumber(bytes, cells.start(high), cells.end(high))
    else {
      return RejectedRow(
        line: line, column: parser.layout.names[high],
        reason: "this and \(parser.layout.names[low]) are not whole numbers")
    }
    guard first > last else { return nil }
    return RejectedRow(
      line: line, column: parser.layout.names[high],
      reason: "'\(last)' is below \(parser.layout.names[low]) '\(first)'")
  }

  private func wholeNumber(_ bytes: Span<UInt8>, _ from: Int, _ to: Int) -> UInt64? {
    let (start, end) = bareRange(bytes, from, to)
    var at = start
    guard let number = scanInteger(bytes, &at, end), at == end else { return nil }
    return number
  }

  consuming func finish(schema: Schema, lineCount: Int) -> ParsedChunk {
    var finished: [Column] = []
    for (position, builder) in columns.enumerated() {
      let column = builder.finish()
      // Times of another clock are the same instants.
      finished.append(
        column.type == schema[position].type
          ? column
          : Column(schema[position].type, column.values, validity: column.validity))
    }
    let all = Batch(finished, rowCount: rowCount)
    let isWhole = kept.count == rowCount
    var chunk = ParsedChunk(
      batch: isWhole ? all : all.gather(kept), rejects: rejects, lineCount: lineCount)
    chunk.lines = lines
    return chunk
  }
}

/// How values are marked in the text.
enum CellStyle { case csv, tsv, json }

/// Where the values of one row lie. Reused from row to row.
struct CellRanges: ~Copyable {
  private var starts: [Int]
  private var ends: [Int]
  /// Values of the row, those beyond the layout included.
  private(set) var count = 0

  init(_ capacity: Int) {
    starts = Array(repeating: -1, count: capacity)
    ends = starts
  }

  mutating func clear(keepsOrder: Bool) {
    count = 0
    if !keepsOrder { for i in starts.indices { starts[i] = -1 } }
  }

  /// The next value from the left.
  @inline(__always)
  mutating func append(_ start: Int, _ end: Int) {
    if count < starts.count {
      starts[count] = start
      ends[count] = end
    }
    count &+= 1
  }

  /// The value of a key; false where it has one already.
  mutating func set(_ cell: Int, _ start: Int, _ end: Int) -> Bool {
    guard starts[cell] < 0 else { return false }
    starts[cell] = start
    ends[cell] = end
    count += 1
    return true
  }

  /// -1 where the row has no such value.
  @inline(__always)
  func start(_ cell: Int) -> Int { starts[cell] }

  @inline(__always)
  func end(_ cell: Int) -> Int { ends[cell] }

  /// Marks what an ordered row did not reach.
  mutating func endRow() {
    var cell = count
    while cell < starts.count {
      starts[cell] = -1
      cell += 1
    }
  }
}

extension FileShape {
  public var isJSON: Bool {
    switch self {
    case .jsonLines, .json: true
    case .delimited, .native, .binanceTrades: false
    }
  }
}
