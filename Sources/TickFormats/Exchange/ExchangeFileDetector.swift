import TickColumns

/// What a file holds, told by its first bytes (decompressed), never by its name.
public enum ExchangeFileKind: Hashable, Sendable {
  case binanceTrades(BinanceTradesLayout)
  /// CSV with a header of these names.
  case csv(names: [String])
}

public enum ExchangeFileDetector {
  /// How many bytes from the beginning are enough.
  public static let sampleBytes = 64 << 10

  /// Looks at the beginning of a file.
  ///
  /// Trades are recognised where the first lines that the sample holds whole (at most ten) all read as trades.
  ///
  /// - Parameter sample: the first `sampleBytes` of the file, or all of a shorter one.
  /// - Throws: 117 for a file that is neither trades nor CSV with a header, and for an empty one.
  public static func detect(_ sample: ArraySlice<UInt8>) throws(FormatError) -> ExchangeFileKind {
    let bytes =
      sample.starts(with: byteOrderMark) ? sample.dropFirst(byteOrderMark.count) : sample
    let first = bytes.prefix { $0 != 0x0A }
    guard !first.isEmpty else {
      throw FormatError(.incorrectData, "the file is empty or begins with a blank line")
    }
    let names = try header(first)
    let isTradesHeader = BinanceTradesLayout.headers.contains(names)
    for columnCount in [7, 6] where !isTradesHeader || names.count == columnCount {
      let layout = BinanceTradesLayout(columnCount: columnCount, hasHeader: isTradesHeader)
      if reads(bytes, as: layout) { return .binanceTrades(layout) }
    }
    if names.contains(where: looksLikeValue) {
      throw FormatError(
        .incorrectData,
        "the file begins with values and is not in a known layout of trades: give the names of its "
          + "columns, or put a header line before it")
    }
    guard Set(names).count == names.count else {
      throw FormatError(.incorrectData, "the header line repeats a name")
    }
    return .csv(names: names)
  }

  /// The symbol in a name such as `BTCUSDT-trades-2024-08-08.csv.gz`; nil where there is none.
  public static func symbol(fileName: String) -> String? {
    let name = fileName.split(separator: "/").last.map(String.init) ?? ""
    guard let range = name.firstRange(of: "-trades") else { return nil }
    let symbol = name[..<range.lowerBound]
    let rest = name[range.upperBound...]
    guard !symbol.isEmpty, rest.first == "-" || rest.first == ".",
      symbol.utf8.allSatisfy({ byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || byte == 0x5F
          || byte >= 0x80
      })
    else { return nil }
    return String(symbol)
  }

  /// The cells of a header line.
  public static func header(_ line: ArraySlice<UInt8>) throws(FormatError) -> [String] {
    let bytes = line.span
    var end = bytes.count
    if end > 0, bytes[end - 1] == 0x0D { end -= 1 }
    var names: [String] = []
    var start = 0
    while true {
      let stop = csvCellEnd(bytes, start, end)
      var builder = try TextColumnBuilder(.string)
      try builder.appendCSV(bytes, start, stop, .refuse)
      if case .bytes(let name) = builder.finish().value(at: 0) {
        names.append(String(decoding: name, as: UTF8.self))
      }
      if stop == end { return names }
      start = stop + 1
    }
  }

  private static func reads(_ bytes: ArraySlice<UInt8>, as layout: BinanceTradesLayout) -> Bool {
    var lines = layout.hasHeader ? -1 : 0
    var end = bytes.startIndex
    for i in bytes.indices where bytes[i] == 0x0A {
      lines += 1
      end = i + 1
      if lines == 10 { break }
    }
    // A short file may lack its last newline; in a longer one the last line of the sample may be cut.
    if lines < 10, bytes.count < sampleBytes { end = bytes.endIndex }
    let parsed = BinanceTradesParser(layout: layout).parse(bytes[..<end], isFirst: true)
    return parsed.rejects.isEmpty && (parsed.batch.rowCount > 0 || layout.hasHeader)
  }

  private static func looksLikeValue(_ name: String) -> Bool {
    guard let first = name.utf8.first else { return true }
    return (0x30...0x39).contains(first) || first == 0x2D || first == 0x2B || first == 0x2E
  }
}
