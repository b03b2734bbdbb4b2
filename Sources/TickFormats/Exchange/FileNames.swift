/// What the name of a file says where its content does not: the symbol, and the day.
import TickColumns

public enum FileNames {
  /// The symbol in names such as `BTCUSDT-trades-2024-08-08.csv.gz`, `BTCUSDT-1m-2024-01.zip`, `XBTUSD.csv` and
  /// `XBTUSD_60.csv`; nil where there is none.
  public static func symbol(_ fileName: String) -> String? {
    let name = base(fileName)
    if let dash = name.firstIndex(of: "-") {
      let rest = name[dash...].dropFirst()
      let kind = rest.prefix { $0 != "-" && $0 != "." }
      let isInterval =
        kind.count >= 2 && kind.dropLast().allSatisfy(\.isNumber)
        && "smhdw".contains(kind[kind.index(before: kind.endIndex)])
      guard kinds.contains(String(kind)) || isInterval || kind == "1mo" else { return nil }
      return checked(name[..<dash])
    }
    var symbol = name.prefix { $0 != "." }
    if let line = symbol.lastIndex(of: "_"), symbol[line...].dropFirst().allSatisfy(\.isNumber),
      symbol.index(after: line) < symbol.endIndex
    {
      symbol = symbol[..<line]
    }
    // Kraken's names are nothing but the pair; anything else would be a guess.
    guard symbol.contains(where: \.isLetter),
      symbol.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) })
    else { return nil }
    return String(symbol)
  }

  private static let kinds: Set<String> = ["trades", "aggTrades", "bookTicker", "klines"]

  private static func checked(_ symbol: Substring) -> String? {
    guard !symbol.isEmpty,
      symbol.utf8.allSatisfy({ byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || byte == 0x5F
          || byte >= 0x80
      })
    else { return nil }
    return String(symbol)
  }

  /// Days since 1970 of the first date in a name, `2013-10-07` or `20131007`; nil where there is none.
  public static func day(_ fileName: String) -> Int? {
    let bytes = Array(base(fileName).utf8)
    var i = 0
    while i < bytes.count {
      guard isDigit(bytes[i]) else {
        i += 1
        continue
      }
      var end = i
      while end < bytes.count, isDigit(bytes[end]) { end += 1 }
      if end - i == 8, let day = days(bytes[i..<end]) { return day }
      if end - i == 4, end + 6 <= bytes.count, bytes[end] == 0x2D, bytes[end + 3] == 0x2D,
        end + 6 == bytes.count || !isDigit(bytes[end + 6]),
        let day = days(bytes[i..<end] + bytes[end + 1..<end + 3] + bytes[end + 4..<end + 6])
      {
        return day
      }
      i = end
    }
    return nil
  }

  /// Days since 1970 of `2013-10-07` or `20131007`; nil for anything else.
  public static func day(of text: String) -> Int? {
    let bytes = Array(text.utf8)
    if bytes.count == 8 { return days(bytes[...]) }
    guard bytes.count == 10, bytes[4] == 0x2D, bytes[7] == 0x2D else { return nil }
    return days(bytes[0..<4] + bytes[5..<7] + bytes[8..<10])
  }

  private static func days(_ digits: ArraySlice<UInt8>) -> Int? {
    guard digits.count == 8, digits.allSatisfy(isDigit) else { return nil }
    let number = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    let date = CivilDate(year: number / 10_000, month: number / 100 % 100, day: number % 100)
    return date.isValid && date.year >= 1900 ? date.daysSinceEpoch : nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func base(_ fileName: String) -> String {
    fileName.split(separator: "/").last.map(String.init) ?? ""
  }
}
