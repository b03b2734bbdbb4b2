/// Rows that a query's memory does not hold, in files that go away with it.
///
/// Invariants:
/// 1. A file is written to its end before it is read, and nothing of it outlives the query.
/// 2. Rows come back as they went in, bit for bit, in their order.
import TickColumns
import TickFormats

/// Where a query puts rows for a while. Any thread.
public protocol SpillStore: Sendable {
  /// A new, empty file. Throws 243 when there is no room for it.
  func makeFile() throws(SQLError) -> any SpillFile
}

/// One file of rows: appended to by one thread at a time, then read by any.
public protocol SpillFile: AnyObject, Sendable {
  func append(_ bytes: [UInt8]) throws(SQLError)
  func read(_ range: Range<Int>) throws(SQLError) -> [UInt8]
}

/// A list of batches of one schema in a file, of which it may have a part.
struct SpilledRows {
  private let file: any SpillFile
  private let schema: Schema
  private var pieces: [Range<Int>] = []
  private(set) var rowCount = 0
  private var end: Int

  private let pieceRows: Int

  /// Bounds of the rows of a piece, which is what is read back at a time.
  static let pieceRowsMin = 64
  static let pieceRowsMax = 8_192

  /// Begins at `offset`, which is where the file ends now.
  init(
    _ types: [DataType], in file: any SpillFile, at offset: Int = 0, pieceRows: Int = pieceRowsMax
  ) {
    self.file = file
    self.pieceRows = pieceRows
    // Names are needed to tell columns apart; those of the query may repeat.
    schema = Schema(types.enumerated().map { Field("c\($0)", $1) })
    end = offset
  }

  /// Where the file ends after these rows.
  var fileEnd: Int { end }
  var pieceCount: Int { pieces.count }

  mutating func append(_ batch: Batch) throws(SQLError) {
    var row = 0
    while row < batch.rowCount {
      let next = min(row + pieceRows, batch.rowCount)
      var bytes: [UInt8] = []
      var encoder = OutputFormat.native.makeEncoder(schema: schema)
      encoder.write(batch.slice(row..<next), into: &bytes)
      try file.append(bytes)
      pieces.append(end..<end + bytes.count)
      end += bytes.count
      rowCount += next - row
      row = next
    }
  }

  func piece(_ number: Int) throws(SQLError) -> Batch {
    let bytes = try file.read(pieces[number])
    do throws(FormatError) {
      var decoder = try InputFormat.native.makeDecoder(schema: schema)
      var batches = try decoder.push(bytes)
      batches += try decoder.finish()
      guard batches.count == 1, let batch = batches.first else {
        throw FormatError(.cannotReadAllData, "it holds \(batches.count) batches")
      }
      return batch
    } catch {
      throw SQLError(
        .cannotReadAllData, "Rows that were put aside cannot be read back: \(error.message)")
    }
  }
}

/// Spilled rows as a stream.
final class SpilledStream: BatchStream {
  private let rows: SpilledRows
  private var nextPiece = 0

  init(_ rows: SpilledRows) { self.rows = rows }

  var rowsBeforeLimit: Int { 0 }

  func next() throws(SQLError) -> Batch? {
    guard nextPiece < rows.pieceCount else { return nil }
    nextPiece += 1
    return try rows.piece(nextPiece - 1)
  }
}
