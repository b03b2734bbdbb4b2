public import TickColumns

/// What a piece of a file came to: its good rows, and its bad ones with the reason. Parsers never stop at a bad
/// row.
public struct ParsedChunk: Sendable {
  /// All good rows, in file order; may hold more than `Batch.rowsMax` rows.
  public var batch: Batch
  public var rejects: [RejectedRow]
  /// Lines of the chunk, the header included: what line numbers of the next chunk start from.
  public var lineCount: Int
  /// The line of every row, where the parser knows them.
  public var lines: [Int32] = []
  /// Whether the chunk began with a header.
  var hasHeader = false
  /// Rows that were taken although something about them is odd.
  public var notices: [RejectedRow] = []

  public init(batch: Batch, rejects: [RejectedRow], lineCount: Int) {
    self.batch = batch
    self.rejects = rejects
    self.lineCount = lineCount
  }
}

/// One row that could not be read, or that is odd.
public struct RejectedRow: Hashable, Sendable {
  /// The line of the chunk on which the row begins, counted from 1.
  public var line: Int
  /// The column to blame; nil where the row as a whole is.
  public var column: String?
  public var reason: String
  /// True for a row that was taken and is odd.
  public var isKept = false

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
/// 2. Every chunk but the last ends where `rowEnds` says that a row can end: never inside a quoted CSV cell, nor
///    inside an object of JSON.
/// 3. What is held back is at most `targetBytes` and one line; a longer line is an error.
public struct LineChunker: Sendable {
  private let targetBytes: Int
  private var pending: [UInt8] = []
  /// How far quotes have been followed, and where the last row ended.
  private var scanned = 0
  private var lastRowEnd = 0
  private var scanner: RowEndScanner?
  private var isAtStart = true

  /// - Parameter targetBytes: chunks are about this long.
  public init(targetBytes: Int = 4 << 20, rowEnds: RowEnds) {
    precondition(targetBytes > 0, "chunks without bytes")
    self.targetBytes = targetBytes
    switch rowEnds {
    case .lines: scanner = nil
    case .csv(let delimiter): scanner = .quotes(CSVQuoting(delimiter: delimiter))
    case .json(let depth): scanner = .brackets(JSONNesting(depth: depth))
    case .blocks: scanner = .blocks(BlockEnds())
    }
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
    let end = try rowEnd()
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
  private mutating func rowEnd() throws(FormatError) -> Int {
    let input = pending
    let bytes = input.span
    if var scanner {
      var at = scanned
      while try scanner.scan(bytes, &at, bytes.count) { lastRowEnd = at }
      scanned = at
      self.scanner = scanner
      return lastRowEnd
    }
    var at = bytes.count
    while at > scanned, bytes[at - 1] != 0x0A { at -= 1 }
    let end = at > scanned ? at : 0
    scanned = bytes.count
    return end
  }
}

/// Where rows can end.
public enum RowEnds: Hashable, Sendable {
  /// At every newline.
  case lines
  /// At newlines outside of quotes.
  case csv(delimiter: UInt8)
  /// Behind objects that lie so many brackets deep.
  case json(depth: Int)
  /// Behind blocks of Native.
  case blocks
}

private enum RowEndScanner: Sendable {
  case quotes(CSVQuoting)
  case brackets(JSONNesting)
  case blocks(BlockEnds)

  mutating func scan(
    _ bytes: Span<UInt8>, _ at: inout Int, _ end: Int
  ) throws(FormatError) -> Bool {
    switch self {
    case .quotes(var quoting):
      defer { self = .quotes(quoting) }
      return quoting.scan(bytes, &at, end)
    case .brackets(var nesting):
      defer { self = .brackets(nesting) }
      return nesting.scan(bytes, &at, end)
    case .blocks(var blocks):
      defer { self = .blocks(blocks) }
      return try blocks.scan(bytes, &at, end)
    }
  }
}

/// Finds the ends of blocks of Native by reading them. After a try that came too early the next waits until the bytes
/// have grown by half, so the work stays linear.
struct BlockEnds: Sendable {
  private var wanted = 1

  mutating func scan(
    _ bytes: Span<UInt8>, _ at: inout Int, _ end: Int
  ) throws(FormatError) -> Bool {
    guard end - at >= wanted else { return false }
    if try NativeTable.read(bytes, &at, end) != nil {
      wanted = 1
      return true
    }
    wanted = (end - at) * 3 / 2 + 1
    return false
  }
}

/// Follows brackets and strings of JSON to find the ends of objects.
struct JSONNesting: Sendable {
  private let depth: Int
  private var level = 0
  private var isInString = false
  private var isEscaped = false

  init(depth: Int) { self.depth = depth }

  /// Moves `at` behind the next object and returns true, or to `end` and returns false.
  mutating func scan(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) -> Bool {
    while at < end {
      let byte = bytes[at]
      at &+= 1
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == 0x5C {
          isEscaped = true
        } else if byte == 0x22 {
          isInString = false
        }
        continue
      }
      switch byte {
      case 0x22: isInString = true
      case 0x7B, 0x5B: level &+= 1
      case 0x7D, 0x5D:
        level &-= 1
        if level == depth, byte == 0x7D { return true }
      default: break
      }
    }
    return false
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
