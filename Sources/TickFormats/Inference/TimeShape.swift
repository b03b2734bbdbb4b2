/// Which texts are dates and times: those that begin as a date does and that our readers take.
import TickColumns

enum TimeShape {
  /// The type of a whole text; nil when it is no time.
  static func type(of text: ArraySlice<UInt8>) -> InferredType? {
    guard text.count <= 40, let rest = afterDate(text) else { return nil }
    if rest.isEmpty, reads(text, as: .date) { return .date }
    let hasFraction = rest.dropFirst().contains(UInt8(ascii: "."))
    if !rest.isEmpty, !hasFraction, reads(text, as: .dateTime(zone: nil)) { return .dateTime }
    return reads(text, as: .dateTime64(precision: 9, zone: nil)) ? .dateTime64 : nil
  }

  /// What follows `YYYY-MM-DD` or `YYYY/M/D`; nil where it does not begin so.
  private static func afterDate(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard text.count >= 8, text.prefix(4).allSatisfy(isDigit) else { return nil }
    let sign = text[text.startIndex + 4]
    guard sign == UInt8(ascii: "-") || sign == UInt8(ascii: "/") else { return nil }
    var rest = text.dropFirst(5)
    let month = rest.prefix(while: isDigit)
    rest = rest.dropFirst(month.count)
    guard (1...2).contains(month.count), rest.first == sign else { return nil }
    let day = rest.dropFirst().prefix(while: isDigit)
    rest = rest.dropFirst(1 + day.count)
    guard (1...2).contains(day.count) else { return nil }
    if let next = rest.first, next != 0x20, next | 0x20 != UInt8(ascii: "t") { return nil }
    return rest
  }

  private static func reads(_ text: ArraySlice<UInt8>, as type: DataType) -> Bool {
    let bytes = Array(text)
    do throws(FormatError) {
      var builder = try TextColumnBuilder(type)
      try builder.append(bytes.span, 0, bytes.count, TextRules(.refuse))
      return true
    } catch {
      return false
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
