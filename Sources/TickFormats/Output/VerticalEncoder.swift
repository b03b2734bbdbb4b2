import TickColumns

/// Vertical: a row is a block of lines, one per column, under a heading with its number.
struct VerticalEncoder: BatchEncoder {
  private let layout: VerticalLayout
  private let options: TextOptions
  private var rowCount = 0

  init(_ schema: Schema, _ options: OutputOptions) {
    layout = VerticalLayout(schema, options.pretty)
    self.options = options.text
  }

  mutating func begin(into out: inout [UInt8]) {}

  mutating func write(_ batch: Batch, into out: inout [UInt8]) {
    let cells = batch.columns.map { $0.rendered(as: .raw, options: options, null: visibleNull) }
    layout.write(cells, rowsBefore: rowCount, rowCount: batch.rowCount, into: &out)
    rowCount += batch.rowCount
  }

  mutating func finish(
    _ statistics: ResultStatistics, _ asides: ResultAsides, into out: inout [UInt8]
  ) {
    let parts = [
      ("Totals", asides.totals), ("Min", asides.extremes?.slice(0..<1)),
      ("Max", asides.extremes?.slice(1..<2)),
    ]
    // An empty line more parts them from the rows.
    if asides.totals != nil || asides.extremes != nil { out.append(0x0A) }
    for (title, part) in parts {
      guard let part else { continue }
      let cells = part.columns.map { $0.rendered(as: .raw, options: options, null: visibleNull) }
      layout.write(cells, under: title, into: &out)
    }
  }
}

/// The lines of Vertical around rendered cells.
struct VerticalLayout {
  private let prefixes: [[UInt8]]
  private let tip: NumberTip?

  init(_ schema: Schema, _ options: PrettyOptions) {
    tip = NumberTip(schema, options)
    let widths = schema.fields.map { displayWidth(Array($0.name.utf8)) }
    let widest = widths.max() ?? 0
    // The heading and the line below it are cells too.
    prefixes =
      [Array("Row ".utf8), Array(":\n".utf8)]
      + zip(schema.fields, widths).map { field, width in
        [0x0A] + Array(field.name.utf8) + [0x3A]
          + Array(repeating: UInt8(0x20), count: widest - width + 1)
      }
  }

  /// - Parameter isFirst: no empty line stands before the rows; so it is where none came before them.
  func write(
    _ values: [StringValues], rowsBefore: Int, isFirst: Bool? = nil, rowCount: Int,
    into out: inout [UInt8]
  ) {
    guard rowCount > 0 else { return }
    var cells = [
      rowNumbers(from: rowsBefore + 1, rowCount),
      StringValues((rowsBefore + 1..<rowsBefore + rowCount + 1).map(Self.underline)),
    ]
    if let tip {
      cells.append(tip.appended(to: values[0]))
    } else {
      cells += values
    }
    joinSeparatedRows(
      cells, prefixes: prefixes, rowEnd: [0x0A], separator: [0x0A],
      isFirst: isFirst ?? (rowsBefore == 0),
      rowCount: rowCount, into: &out)
  }

  /// One row under a title, behind an empty line.
  func write(_ values: [StringValues], under title: String, into out: inout [UInt8]) {
    out += Array("\n\(title):\n\(String(repeating: "─", count: title.count + 1))".utf8)
    let cells = tip.map { [$0.appended(to: values[0])] } ?? values
    for (prefix, cell) in zip(prefixes.dropFirst(2), cells) {
      out += prefix
      out += cell[0]
    }
    out.append(0x0A)
  }

  /// As long as the heading, where ClickHouse counts the digits of the next row's number.
  private static func underline(_ row: Int) -> String {
    String(repeating: "─", count: "Row :".count + String(row + 1).count)
  }
}

/// A large number that stands alone is told in words: ` -- 1.23 million`.
struct NumberTip {
  private let threshold: Double

  /// Nil unless the result is one column of numbers.
  init?(_ schema: Schema, _ options: PrettyOptions) {
    guard schema.count == 1, options.tipThreshold > 0 else { return nil }
    let type = schema[0].type.withoutNullable
    guard type.isInteger || type.isWideInteger || type.isFloat || type.isDecimal else { return nil }
    threshold = Double(options.tipThreshold)
  }

  /// The tip for the text of a number; empty where it needs none.
  func text(_ cell: [UInt8]) -> [UInt8] {
    let rules = TextRules(.convert)
    guard let value = try? parseDouble(cell.span, 0, cell.count, rules), value.isFinite,
      value.magnitude > threshold
    else { return [] }
    var scaled = value
    var unit = 0
    while unit + 1 < Self.units.count, scaled.magnitude >= 1_000 {
      scaled /= 1_000
      unit += 1
    }
    // Beyond the last name the digits would fill lines.
    guard scaled.magnitude < 1e15 else { return [] }
    let hundredths = Int64((scaled.magnitude * 100).rounded(.toNearestOrAwayFromZero))
    let fraction = hundredths % 100
    let digits = "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    return Array(" -- \(scaled < 0 ? "-" : "")\(digits)\(Self.units[unit])".utf8)
  }

  func appended(to cells: StringValues) -> StringValues {
    var out = TextCells(reserving: cells.count, bytes: cells.bytes.count)
    for row in 0..<cells.count {
      let cell = Array(cells[row])
      out.append(cell + text(cell))
    }
    return out.finish()
  }

  private static let units = [
    "", " thousand", " million", " billion", " trillion", " quadrillion", " quintillion",
    " sextillion", " septillion", " octillion", " nonillion", " decillion", " undecillion",
    " duodecillion", " tredecillion", " quattuordecillion", " quindecillion", " sexdecillion",
    " septendecillion", " octodecillion", " novemdecillion", " vigintillion",
  ]
}
