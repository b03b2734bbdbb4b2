/// The rows of segments in the order of their table, piece by piece, as a merge reads them.
///
/// Invariants:
/// 1. A batch holds the table's stored columns, then the computed columns of its key, then `_sequence`.
/// 2. Batches of one list ascend by key and sequence, and so do their rows.
/// 3. Codes of low-cardinality columns of all lists of one merge mean the same strings.
import TickColumns
import TickSQL
import TickStorage

/// How the rows of one table are read to be written again.
final class RewriteReading: Sendable {
  let layout: TableLayout
  private let table: StoredTable
  private let names: [String]
  /// By position in the layout's fields.
  private let dictionaries: [Int: SharedDictionary]

  init(
    _ snapshot: TableSnapshot, _ layout: TableLayout, _ segments: [LiveSegment]
  ) throws(SQLError) {
    self.layout = layout
    table = StoredTable(snapshot) { .ofDefaults }
    names = layout.fields.map(\.name) + [SegmentField.sequence.name]
    var shared: [Int: SharedDictionary] = [:]
    for (position, field) in layout.fields.enumerated() where field.type.physical == .codes {
      var found: [StringDictionary] = []
      for segment in segments {
        do throws(StorageError) {
          if let own = try segment.file.reader().dictionary(ofField: field.id) { found.append(own) }
        } catch {
          throw segment.failed(error)
        }
      }
      shared[position] = SharedDictionary(found, isNullable: field.type.isNullable)
    }
    dictionaries = shared
  }

  /// All live rows of a segment, or those of one of its row groups.
  func pieces(
    of segment: LiveSegment, group: Int? = nil
  ) throws(SQLError) -> [StoredMorsel] {
    try table.pieces(of: segment, group: group, columns: names)
  }

  /// The rows in memory, each batch with its partition.
  func memoryPieces() throws(SQLError) -> [(partition: String, piece: StoredMorsel)] {
    try table.memoryPieces(columns: names)
  }

  /// The rows of each row group in the file, those that are gone with the others.
  func groupRows(of segment: LiveSegment) throws(SQLError) -> [Range<Int>] {
    do throws(StorageError) {
      let reader = try segment.file.reader()
      return try (0..<reader.groupCount).map { (group) throws(StorageError) in
        try reader.rows(ofGroup: group)
      }
    } catch {
      throw segment.failed(error)
    }
  }

  func read(_ piece: StoredMorsel) throws(SQLError) -> Batch {
    let batch = try piece.batch()
    var columns = batch.columns
    for (position, dictionary) in dictionaries {
      columns[position] = dictionary.recoded(columns[position])
    }
    let sequences = columns.removeLast()
    let key = try layout.keyColumns(of: Batch(columns, rowCount: batch.rowCount))
    columns += zip(key, layout.keyFields).filter { $0.1 == nil }.map(\.0)
    columns.append(sequences)
    return Batch(columns, rowCount: batch.rowCount)
  }

  /// Positions of rows of such a batch in the order of the table.
  func order(_ batch: Batch, while isWanted: () -> Bool) -> [Int32]? {
    var computed = layout.fields.count
    let keys = layout.keyFields.map { field -> SortKey in
      if let field { return SortKey(batch.columns[field]) }
      computed += 1
      return SortKey(batch.columns[computed - 1])
    }
    guard let last = batch.columns.last, case .uint64(let sequences) = last.values else {
      preconditionFailure("rows without sequences")
    }
    return sortPermutation(
      keys, rowCount: batch.rowCount, tieBreak: sequences, while: isWanted)
  }
}

extension QueryContext {
  /// What the expressions of columns see while rows are written again: the moment, chance, and no table.
  static var ofDefaults: QueryContext {
    QueryContext(
      catalog: NoTables(), now: Database.now(), random: { UInt64.random(in: .min ... .max) })
  }
}

/// The strings of several dictionaries as one in ascending order, and the way there from the codes of each.
final class SharedDictionary: Sendable {
  private let dictionary: StringDictionary
  private let newCodes: [ObjectIdentifier: [UInt32]]
  /// Kept alive, so that their identifiers are not given again.
  private let sources: [StringDictionary]

  /// - Parameter isNullable: under a NULL lies the empty string, which is code 0 then.
  init(_ sources: [StringDictionary], isNullable: Bool) {
    self.sources = sources
    var texts: [ArraySlice<UInt8>] = isNullable ? [[]] : []
    for source in sources { texts += (0..<source.count).map { source.values[$0] } }
    texts.sort { StringValues.compare($0, $1) < 0 }
    var values = StringValues()
    for text in texts
    where values.count == 0 || StringValues.compare(values[values.count - 1], text) != 0 {
      values.append(text)
    }
    let shared = StringDictionary(values)
    dictionary = shared
    var codes: [ObjectIdentifier: [UInt32]] = [:]
    for source in sources {
      codes[ObjectIdentifier(source)] = (0..<source.count).map { code in
        guard let new = shared.code(of: source.values[code]) else {
          preconditionFailure("a string that is not in the dictionary made of it")
        }
        return new
      }
    }
    newCodes = codes
  }

  /// The column with codes of the shared dictionary; as it is where its dictionary is none of the sources.
  func recoded(_ column: Column) -> Column {
    guard case .codes(let codes, let own) = column.values, let new = newCodes[ObjectIdentifier(own)]
    else { return column }
    return Column(
      column.type, .codes(codes.map { new[Int($0)] }, dictionary), validity: column.validity)
  }
}

/// One list of rows in order: a segment, or several whose rows follow each other.
struct SortedList {
  private let reading: RewriteReading
  private var pieces: [StoredMorsel] = []
  private var nextPiece = 0
  /// The last row of the last segment.
  private var last: Batch?
  /// What is left of the piece that was read; nil at the end.
  private(set) var head: Batch?

  init(_ reading: RewriteReading) { self.reading = reading }

  /// Takes a segment's rows if none of them comes before the rows so far.
  mutating func append(_ segment: LiveSegment) throws(SQLError) -> Bool {
    let more = try reading.pieces(of: segment)
    guard let firstPiece = more.first, let lastPiece = more.last else { return true }
    if let last {
      let first = try reading.read(firstPiece).slice(0..<1)
      let pair = Batch(
        zip(last.columns, first.columns).map { Column.concatenate($0.type, [$0, $1]) }, rowCount: 2)
      guard reading.order(pair, while: { true }) == [0, 1] else { return false }
    }
    let end = try reading.read(lastPiece)
    last = end.slice(end.rowCount - 1..<end.rowCount)
    pieces += more
    return true
  }

  /// Reads the first piece.
  mutating func begin() throws(SQLError) { try readHead() }

  /// Takes the first rows of the head away.
  mutating func drop(_ count: Int) throws(SQLError) {
    guard let batch = head else { preconditionFailure("rows after the end of a list") }
    if count < batch.rowCount {
      head = batch.slice(count..<batch.rowCount)
    } else {
      try readHead()
    }
  }

  private mutating func readHead() throws(SQLError) {
    head = nil
    guard nextPiece < pieces.count else { return }
    head = try reading.read(pieces[nextPiece])
    nextPiece += 1
  }
}
