/// What the user says about the columns of a file: `--columns`.
///
///     ts=time:ms,price=p,qty=amount,side=is_buyer_maker:buyer_maker   by the file's names, or numbers from 1
///     ts:ms_of_day,price/10000,qty,_,_                                 the file's columns in order, _ for none
///
/// Behind a colon stands how a value is read: `s ms us ns` since 1970, the same with `_of_day`, `taker maker buyer_maker
/// is_ask` for sides, `id` for numbers of trades that may be names, `positive`. `*` and `/` scale a number.
public import TickColumns

public enum ColumnList {
  /// The layout of a file whose columns the user names.
  ///
  /// - Parameter table: the columns of the table that it goes into.
  /// - Throws: 36 for a list that does not say what it means, 16 for a column that the file or the table lacks.
  public static func layout(
    _ text: String, of outline: LayoutDetector.Outline, table: Schema
  ) throws(FormatError) -> FileLayout {
    var items = try Self.items(text)
    guard !items.isEmpty else { throw bad("--columns is empty") }
    let byName = items.contains { $0.source != nil }
    var names = outline.names
    if !byName {
      guard !outline.shape.isJSON else {
        throw bad("objects have no order of columns: write --columns COLUMN=KEY")
      }
      guard items.count == names.count else {
        throw bad(
          "--columns names \(items.count) columns and the rows have \(names.count); "
            + "write _ for one that goes nowhere")
      }
      for i in items.indices {
        if items[i].target == "_" { continue }
        items[i].source = "\(i + 1)"
        if !outline.hasNames { names[i] = items[i].target }
      }
      items.removeAll { $0.target == "_" }
    }
    var layout = FileLayout("", table: nil, shape: outline.shape, names: names, columns: [])
    layout.title = byName ? "columns by name" : "columns in order"
    for item in items {
      guard let source = item.source else {
        throw bad("'\(item.target)' has no '=': name the file's column for each, or for none")
      }
      let number = Int(source).flatMap { (1...max(1, names.count)).contains($0) ? $0 - 1 : nil }
      let known = byName ? names.firstIndex(of: source) : nil
      guard let cell = known ?? (outline.shape.isJSON ? nil : number) else {
        throw FormatError(
          .noSuchColumnInTable,
          "the file has no column '\(source)'; it has \(names.joined(separator: ", "))")
      }
      guard let position = table.position(of: item.target) else {
        throw FormatError(
          .noSuchColumnInTable,
          "the table has no column '\(item.target)'; it has "
            + table.fields.map(\.name).joined(separator: ", "))
      }
      layout.columns.append(
        ColumnMapping(item.target, cell, try item.reading(of: table[position])))
    }
    let filled = Set(layout.columns.map(\.column))
    layout.exchange = filled.contains("exchange") ? .column : .optional
    layout.symbol = filled.contains("symbol") ? .column : .optional
    if table.position(of: "interval_seconds") != nil, !filled.contains("interval_seconds") {
      layout.interval = .fromTimes
    }
    return layout
  }

  private struct Item {
    var target: String
    var source: String?
    var mode: String?
    var factor: (number: Double, divides: Bool)?

    func reading(of field: Field) throws(FormatError) -> CellReading {
      if let factor { return .scaled(factor.number, divides: factor.divides) }
      guard let mode else {
        switch field.type.withoutNullable {
        case .dateTime, .dateTime64: return .anyTime
        case .enum8: return .side(.taker)
        default: return .value
        }
      }
      if let unit = TimeUnit(rawValue: mode) { return .time(unit) }
      if mode.hasSuffix("_of_day"), let unit = TimeUnit(rawValue: String(mode.dropLast(7))) {
        return .timeOfDay(unit)
      }
      if let side = SideRule(rawValue: mode) { return .side(side) }
      switch mode {
      case "id": return .identifier
      case "positive": return .price
      default:
        throw bad(
          "'\(mode)' is no way to read \(field.name): s, ms, us, ns, s_of_day, ms_of_day, us_of_day, "
            + "ns_of_day, taker, maker, buyer_maker, is_ask, id, positive")
      }
    }
  }

  private static func items(_ text: String) throws(FormatError) -> [Item] {
    var parts: [String] = [""]
    var isQuoted = false
    for letter in text {
      if letter == "\"" { isQuoted.toggle() }
      if letter == ",", !isQuoted {
        parts.append("")
      } else {
        parts[parts.count - 1].append(letter)
      }
    }
    guard !isQuoted else { throw bad("a quote in --columns does not close") }
    var items: [Item] = []
    for part in parts where !(parts.count == 1 && part.isEmpty) {
      items.append(try item(part[...]))
    }
    return items
  }

  private static func item(_ text: Substring) throws(FormatError) -> Item {
    var rest = trimmed(text)
    var item = Item(target: "")
    if let equals = rest.firstIndex(of: "=") {
      item.target = String(trimmed(rest[..<equals]))
      rest = trimmed(rest[rest.index(after: equals)...])
      if rest.first == "\"" {
        let name = rest.dropFirst().prefix { $0 != "\"" }
        item.source = String(name)
        rest = trimmed(rest.dropFirst(name.count + 2))
      } else {
        let name = rest.prefix { !":*/".contains($0) }
        item.source = String(trimmed(name))
        rest = rest.dropFirst(name.count)
      }
    } else {
      let name = rest.prefix { !":*/".contains($0) }
      item.target = String(trimmed(name))
      rest = rest.dropFirst(name.count)
    }
    guard !item.target.isEmpty, item.source != "" else {
      throw bad("'\(text)' in --columns has no name")
    }
    guard let mark = rest.first else { return item }
    let value = trimmed(rest.dropFirst())
    switch mark {
    case ":": item.mode = String(value)
    case "*", "/":
      guard let factor = Double(value), factor.isFinite, factor != 0 else {
        throw bad("'\(value)' in --columns is no number to scale by")
      }
      item.factor = (factor, mark == "/")
    default: throw bad("'\(rest)' in --columns is not understood")
    }
    return item
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop { $0 == " " }
    while text.last == " " { text.removeLast() }
    return text
  }

  private static func bad(_ message: String) -> FormatError { FormatError(.badArguments, message) }
}
