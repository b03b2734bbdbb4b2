/// Tells what a file holds by its first bytes (unpacked), never by its name.
///
/// A header's names decide where there are some. Rows without a header are read as every layout of their width: the
/// one that takes the most of them wins, and where two take all the file is ambiguous and the user is asked.
import TickColumns

public enum LayoutDetector {
  /// How many bytes from the beginning are enough.
  public static let sampleBytes = 64 << 10
  /// Lines of the sample that are tried.
  private static let linesMax = 200
  /// A layout that takes fewer of the rows than this is not the file's.
  private static let share = 0.8

  /// How a file spells its rows, before anything is known of their meaning.
  public struct Outline: Hashable, Sendable {
    public var shape: FileShape
    /// The header's names, the keys of the first object, or numbers from 1 where there is neither.
    public var names: [String]
    public var hasNames: Bool
    /// Cells of the first row.
    public var firstRow: [String]
  }

  /// Whether a file is in blocks of Native, whose names show only when the first block is whole.
  public static func isNative(_ sample: ArraySlice<UInt8>) -> Bool {
    NativeTable.begins(sample.span)
  }

  /// The first block of Native: its names, and its first row as texts; nil when it is not whole.
  private static func nativeOutline(
    _ sample: ArraySlice<UInt8>
  ) throws(FormatError) -> Outline? {
    let bytes = sample.span
    var at = 0
    guard let block = try NativeTable.read(bytes, &at, bytes.count) else { return nil }
    guard Set(block.names).count == block.names.count else {
      throw FormatError(.incorrectData, "a block of Native repeats a column")
    }
    return Outline(
      shape: .native, names: block.names, hasNames: true,
      firstRow: block.rowCount == 0
        ? []
        : block.columns.map { column in
          var text: [UInt8] = []
          column.writeText(row: 0, style: .raw, into: &text)
          return String(decoding: text, as: UTF8.self)
        })
  }

  /// Whether the beginning of a file is enough to tell its columns.
  public static func isEnough(_ sample: ArraySlice<UInt8>) throws(FormatError) -> Bool {
    guard isNative(sample) else { return true }
    return try nativeOutline(sample) != nil
  }

  /// Looks at the beginning of a file: its format, and what its values are called.
  ///
  /// - Parameters:
  ///   - sample: the first `sampleBytes` of the file, or all of a shorter one.
  ///   - format: CSV, TSV, JSONEachRow or Native where the user says it; nil to tell by the content.
  /// - Throws: 117 for what is none of them, and for an empty file; 73 for another format.
  public static func outline(
    _ sample: ArraySlice<UInt8>, format: String? = nil
  ) throws(FormatError) -> Outline {
    if format?.lowercased() == "native" || format == nil && isNative(sample) {
      guard let found = try nativeOutline(sample) else {
        throw FormatError(.incorrectData, "the file ends inside its first block of Native")
      }
      return found
    }
    let bytes = text(of: sample)
    let lines = firstLines(bytes, max: 1_000).drop {
      $0.isEmpty || $0.first == 0x23 || $0 == [0x0D]
    }
    guard let first = lines.first, let letter = first.first(where: { $0 != 0x20 && $0 != 0x09 })
    else { throw FormatError(.incorrectData, "the file is empty or holds nothing but comments") }
    var delimiter: UInt8?
    switch format?.lowercased() {
    case nil:
      if letter == 0x7B || letter == 0x5B { return try jsonOutline(bytes) }
      if bytes.contains(0) {
        throw FormatError(
          .incorrectData,
          "the file is no text: it is not CSV, TSV or JSON, nor packed as one of them")
      }
    case "csv", "csvwithnames": delimiter = 0x2C
    case "tsv", "tsvwithnames", "tabseparated", "tabseparatedwithnames": delimiter = 0x09
    case "jsoneachrow", "ndjson", "jsonlines", "jsonl", "json": return try jsonOutline(bytes)
    case let other?:
      throw FormatError(
        .unknownFormat,
        "format \(other) is not imported: CSV, TSV, JSONEachRow and Native are; INSERT takes more")
    }
    let mark = delimiter ?? mostFrequent(first)
    var shape = DelimitedShape(delimiter: mark, hasHeader: false, hasEscapes: mark == 0x09)
    let cells = try header(first, shape)
    let hasHeader = !cells.contains(where: looksLikeValue)
    if hasHeader {
      guard Set(cells).count == cells.count else {
        throw FormatError(.incorrectData, "the header line repeats a name")
      }
    }
    shape.hasHeader = hasHeader
    var second: [String]? = cells
    if hasHeader { second = nil }
    if hasHeader, let line = lines.dropFirst().first { second = try header(line, shape) }
    return Outline(
      shape: .delimited(shape), names: hasHeader ? cells : cells.indices.map { "\($0 + 1)" },
      hasNames: hasHeader, firstRow: second ?? [])
  }

  /// The known layout of a file; nil for one that only its columns' names describe.
  ///
  /// - Throws: 36 where several layouts fit.
  public static func layout(
    _ sample: ArraySlice<UInt8>, _ outline: Outline
  ) throws(FormatError) -> FileLayout? {
    let bytes = text(of: sample)
    guard case .delimited(let shape) = outline.shape else {
      return KnownLayouts.named(outline.names, outline.shape)
        ?? KnownLayouts.conventional(outline.names, outline.shape)
    }
    let isTradesHeader = BinanceTradesLayout.headers.contains(outline.names)
    if shape.delimiter == 0x2C {
      for columnCount in [7, 6] where !isTradesHeader || outline.names.count == columnCount {
        let trades = BinanceTradesLayout(columnCount: columnCount, hasHeader: isTradesHeader)
        if reads(bytes, as: trades) { return KnownLayouts.binanceTrades(trades) }
      }
    }
    if outline.hasNames {
      return KnownLayouts.named(outline.names, outline.shape)
        ?? KnownLayouts.conventional(outline.names, outline.shape)
    }
    var best: [(score: Double, layout: FileLayout)] = []
    for layout in KnownLayouts.unnamed(outline.names.count, outline.shape) {
      let score = try score(bytes, layout)
      guard score >= share, score >= best.first?.score ?? 0 else { continue }
      if let leader = best.first, score > leader.score { best = [] }
      best.append((score, layout))
    }
    if best.count > 1 {
      throw FormatError(
        .badArguments,
        "reads as "
          + best.map { "'\($0.layout.names.joined(separator: ","))'" }.joined(separator: " and ")
          + ": say which with --columns")
    }
    return best.first?.layout
  }

  /// The share of the first rows that are rows of a layout.
  private static func score(
    _ bytes: ArraySlice<UInt8>, _ layout: FileLayout
  ) throws(FormatError) -> Double {
    let parser = try MappedParser(layout, table: MarketColumns.schema(of: layout))
    let parsed = parser.parse(wholeLines(bytes, max: linesMax), isFirst: true)
    let total = parsed.batch.rowCount + parsed.rejects.count
    guard total > 0 else { return 0 }
    var good = parsed.batch.rowCount
    if layout.table == "bars" { good -= brokenCandles(parsed.batch, parser.schema) }
    return Double(good) / Double(total)
  }

  /// Candles whose high or low does not hold what lies between them.
  private static func brokenCandles(_ batch: Batch, _ schema: Schema) -> Int {
    func values(_ name: String) -> [Double] {
      guard let position = schema.position(of: name),
        case .float64(let values) = batch.columns[position].values
      else { return [] }
      return Array(values)
    }
    let (open, high, low, close) = (values("open"), values("high"), values("low"), values("close"))
    return (0..<batch.rowCount).count { row in
      high[row] < max(open[row], close[row]) || low[row] > min(open[row], close[row])
    }
  }

  private static func reads(_ bytes: ArraySlice<UInt8>, as layout: BinanceTradesLayout) -> Bool {
    let parsed = BinanceTradesParser(layout: layout).parse(
      wholeLines(bytes, max: linesMax), isFirst: true)
    let rowCount = parsed.batch.rowCount
    if rowCount + parsed.rejects.count == 0 { return layout.hasHeader }
    return Double(rowCount) >= share * Double(rowCount + parsed.rejects.count)
  }

  // MARK: The text

  private static func text(of sample: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    sample.starts(with: byteOrderMark) ? sample.dropFirst(byteOrderMark.count) : sample
  }

  /// The first lines that the sample holds whole. A short file may lack its last newline; in a longer one the last
  /// line of the sample may be cut.
  private static func wholeLines(_ bytes: ArraySlice<UInt8>, max: Int) -> ArraySlice<UInt8> {
    var lines = 0
    var end = bytes.startIndex
    for i in bytes.indices where bytes[i] == 0x0A {
      lines += 1
      end = i + 1
      if lines == max { break }
    }
    if lines < max, bytes.count < sampleBytes - byteOrderMark.count { end = bytes.endIndex }
    return bytes[..<end]
  }

  private static func firstLines(_ bytes: ArraySlice<UInt8>, max: Int) -> [ArraySlice<UInt8>] {
    bytes.split(separator: 0x0A, maxSplits: max, omittingEmptySubsequences: false).map { line in
      line.last == 0x0D ? line.dropLast() : line
    }
  }

  /// What divides the cells: what stands in the line most often outside of quotes.
  private static func mostFrequent(_ line: ArraySlice<UInt8>) -> UInt8 {
    var counts: [UInt8: Int] = [:]
    var isQuoted = false
    for byte in line {
      if byte == 0x22 { isQuoted.toggle() }
      if !isQuoted { counts[byte, default: 0] += 1 }
    }
    let marks: [UInt8] = [0x2C, 0x09, 0x3B]
    return marks.max { counts[$0, default: 0] < counts[$1, default: 0] } ?? 0x2C
  }

  /// The cells of a line as texts.
  private static func header(
    _ line: ArraySlice<UInt8>, _ shape: DelimitedShape
  ) throws(FormatError) -> [String] {
    if shape.hasEscapes {
      return line.split(separator: 0x09, omittingEmptySubsequences: false).map {
        String(decoding: $0, as: UTF8.self)
      }
    }
    return try header(line, delimiter: shape.delimiter)
  }

  /// The cells of a header line.
  public static func header(
    _ line: ArraySlice<UInt8>, delimiter: UInt8 = 0x2C
  ) throws(FormatError) -> [String] {
    let bytes = line.span
    var end = bytes.count
    if end > 0, bytes[end - 1] == 0x0D { end -= 1 }
    var names: [String] = []
    var start = 0
    while true {
      let stop = csvCellEnd(bytes, start, end, delimiter: delimiter)
      var builder = try TextColumnBuilder(.string)
      try builder.appendCSV(bytes, start, stop, .refuse)
      if case .bytes(let name) = builder.finish().value(at: 0) {
        names.append(String(decoding: name, as: UTF8.self))
      }
      if stop == end { return names }
      start = stop + 1
    }
  }

  private static func looksLikeValue(_ name: String) -> Bool {
    guard let first = name.utf8.first else { return true }
    return (0x30...0x39).contains(first) || first == 0x2D || first == 0x2B || first == 0x2E
  }

  // MARK: JSON

  /// How deep the first object lies that holds no array of objects, and its keys.
  private static func jsonOutline(_ sample: ArraySlice<UInt8>) throws(FormatError) -> Outline {
    let bytes = sample.span
    var at = 0
    var depth = 0
    var keys: [String] = []
    var values: [String] = []
    func broken() -> FormatError {
      FormatError(.incorrectData, "the file begins like JSON and holds no objects")
    }
    search: while true {
      skipBlanks(bytes, &at, bytes.count, newlines: true)
      guard at < bytes.count else { throw broken() }
      switch bytes[at] {
      case 0x5B:
        depth += 1
        at += 1
      case 0x7B:
        let object = at
        keys = []
        values = []
        at += 1
        while true {
          skipBlanks(bytes, &at, bytes.count, newlines: true)
          if at < bytes.count, bytes[at] == 0x2C {
            at += 1
            continue
          }
          guard at < bytes.count, bytes[at] == 0x22 else { break }
          let key = at
          skipString(bytes, &at, bytes.count)
          keys.append(
            String(
              decoding: sample[
                sample.startIndex + key + 1..<sample.startIndex + max(key + 1, at - 1)],
              as: UTF8.self))
          skipBlanks(bytes, &at, bytes.count, newlines: true)
          guard at < bytes.count, bytes[at] == 0x3A else { throw broken() }
          at += 1
          skipBlanks(bytes, &at, bytes.count, newlines: true)
          let value = at
          if at < bytes.count, bytes[at] == 0x5B, holdsObjects(bytes, at) {
            depth += 1
            continue search
          }
          skipValue(bytes, &at, bytes.count)
          values.append(
            String(
              decoding: sample[sample.startIndex + value..<sample.startIndex + at], as: UTF8.self))
        }
        guard at < bytes.count, bytes[at] == 0x7D, at > object else { throw broken() }
        break search
      default: throw broken()
      }
    }
    guard !keys.isEmpty else { throw broken() }
    // A text per line, when the first ends where its line does.
    let firstLine = sample.prefix { $0 != 0x0A }
    let isClosed = firstLine.count < sample.count || sample.count < sampleBytes - 3
    var nesting = 0
    var isLine = isClosed && depth <= 1
    var i = 0
    let line = firstLine.span
    while isLine, i < line.count {
      switch line[i] {
      case 0x22:
        skipString(line, &i, line.count)
        continue
      case 0x7B, 0x5B: nesting += 1
      case 0x7D, 0x5D: nesting -= 1
      default: break
      }
      i += 1
    }
    if nesting != 0 { isLine = false }
    return Outline(
      shape: isLine ? .jsonLines : .json(depth: depth), names: keys, hasNames: true,
      firstRow: values)
  }

  private static func holdsObjects(_ bytes: Span<UInt8>, _ from: Int) -> Bool {
    var at = from + 1
    skipBlanks(bytes, &at, bytes.count, newlines: true)
    return at < bytes.count && bytes[at] == 0x7B
  }
}
