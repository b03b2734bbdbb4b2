public import TickColumns

/// What a piece of a file came to: its good rows, and its bad ones with the reason. Parsers never stop at a bad
/// row.
public struct ParsedChunk: Sendable {
  /// All good rows, in file order; may hold more than `Batch.rowsMax` rows.
  public var batch: Batch
  public var rejects: [RejectedRow]
  /// Lines of the chunk, the header included: what line numbers of the next chunk start from.
  public var lineCount: Int

  public init(batch: Batch, rejects: [RejectedRow], lineCount: Int) {
    self.batch = batch
    self.rejects = rejects
    self.lineCount = lineCount
  }
}

/// One row that could not be read.
public struct RejectedRow: Hashable, Sendable {
  /// The line of the chunk on which the row begins, counted from 1.
  public var line: Int
  /// The column to blame; nil where the row as a whole is.
  public var column: String?
  public var reason: String

  public init(line: Int, column: String? = nil, reason: String) {
    self.line = line
    self.column = column
    self.reason = reason
  }
}

/// Splits a stream of bytes into chunks of whole lines, so that threads can parse them at the same time.
///
/// Invariants:
/// 1. The chunks, one after the other, are the stream, less a byte order mark at its beginning.
/// 2. Every chunk but the last ends with a newline that ends a row: with `respectsQuotes`, never inside a quoted
///    CSV cell.
/// 3. What is held back is at most `targetBytes` and one line; a longer line is an error.
public struct LineChunker: Sendable {
  private let targetBytes: Int
  private let respectsQuotes: Bool
  private var pending: [UInt8] = []
  /// How far quotes have been followed, and where the last row ended.
  private var scanned = 0
  private var lastRowEnd = 0
  private var quoting = CSVQuoting()
  private var isAtStart = true

  /// - Parameter targetBytes: chunks are about this long.
  public init(targetBytes: Int = 4 << 20, respectsQuotes: Bool) {
    precondition(targetBytes > 0, "chunks without bytes")
    self.targetBytes = targetBytes
    self.respectsQuotes = respectsQuotes
  }

  /// Takes the next bytes; gives a chunk when enough have gathered. Throws 131 for a line over
  /// `FormatLimits.valueBytesMax`.
  public mutating func push(_ bytes: [UInt8]) throws(FormatError) -> [UInt8]? {
    if pending.isEmpty {
      pending = bytes
    } else {
      pending += bytes
    }
    if isAtStart {
      guard pending.count >= 3 else { return nil }
      dropByteOrderMark()
    }
    guard pending.count >= targetBytes else { return nil }
    let end = rowEnd()
    guard end > 0 else {
      guard pending.count <= FormatLimits.valueBytesMax + targetBytes else {
        throw FormatError(
          .tooLargeStringSize, "a line is longer than \(FormatLimits.valueBytesMax) bytes")
      }
      return nil
    }
    let chunk = Array(pending[..<end])
    pending.removeFirst(end)
    scanned -= min(scanned, end)
    lastRowEnd = 0
    return chunk
  }

  /// The rest, when the stream has ended; nil when nothing is left.
  public mutating func finish() -> [UInt8]? {
    if isAtStart { dropByteOrderMark() }
    defer { pending = [] }
    return pending.isEmpty ? nil : pending
  }

  private mutating func dropByteOrderMark() {
    isAtStart = false
    if pending.starts(with: byteOrderMark) { pending.removeFirst(byteOrderMark.count) }
  }

  /// The place behind the last newline that ends a row; 0 where there is none. Looks at every byte once.
  private mutating func rowEnd() -> Int {
    let input = pending
    let bytes = input.span
    if respectsQuotes {
      var at = scanned
      while quoting.scan(bytes, &at, bytes.count) { lastRowEnd = at }
      scanned = at
      return lastRowEnd
    }
    var at = bytes.count
    while at > scanned, bytes[at - 1] != 0x0A { at -= 1 }
    let end = at > scanned ? at : 0
    scanned = bytes.count
    return end
  }
}

/// UTF-8's mark, which spreadsheets put before CSV.
let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

/// Follows CSV quotes to find the newlines that end rows. A quote opens only at the beginning of a cell, after
/// blanks.
struct CSVQuoting: Sendable {
  private var state = State.cellStart
  private let delimiter: UInt8

  init(delimiter: UInt8 = 0x2C) { self.delimiter = delimiter }

  private enum State { case cellStart, plain, quoted, closingQuote }

  var isInsideQuotes: Bool { state == .quoted }

  /// Moves `at` behind the next row's newline and returns true, or to `end` and returns false.
  mutating func scan(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) -> Bool {
    var state = state
    defer { self.state = state }
    while at < end {
      switch state {
      case .plain:
        while at < end, bytes[at] != delimiter, bytes[at] != 0x0A { at &+= 1 }
      case .quoted:
        while at < end, bytes[at] != 0x22 { at &+= 1 }
        if at < end {
          at &+= 1
          state = .closingQuote
        }
        continue
      case .closingQuote:
        if bytes[at] == 0x22 {
          at &+= 1
          state = .quoted
          continue
        }
        state = .plain
        continue
      case .cellStart:
        if bytes[at] == 0x20 || bytes[at] == 0x09 {
          at &+= 1
          continue
        }
        if bytes[at] == 0x22 {
          at &+= 1
          state = .quoted
          continue
        }
        state = .plain
        continue
      }
      guard at < end else { break }
      // A delimiter or a newline outside of quotes.
      let isRowEnd = bytes[at] == 0x0A
      at &+= 1
      state = .cellStart
      if isRowEnd { return true }
    }
    return false
  }
}
