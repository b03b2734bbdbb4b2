import TickColumns

/// One table of cells: widths, borders, lines of cells that have several, names above and below.
struct PrettyTable {
  enum Style { case full, compact, space }

  private let schema: Schema
  private let rows: [[[UInt8]]]
  /// Rows of the result that are not shown, behind the first `headCount` ones.
  private let gap: Int
  private let headCount: Int
  private let style: Style
  private let options: PrettyOptions
  private let grid: PrettyGrid
  private let tip: NumberTip?
  private let numberWidth: Int
  private var names: [(text: [UInt8], width: Int)] = []
  private var widths: [Int] = []
  private var hasNewlines = false

  init(
    schema: Schema, rows: [[[UInt8]]], gap: Int, headCount: Int, style: Style,
    options: PrettyOptions
  ) {
    self.schema = schema
    self.rows = rows
    self.gap = gap
    self.headCount = headCount
    self.style = style
    self.options = options
    grid = options.drawsInASCII ? .ascii : .unicode
    tip = NumberTip(schema, options)
    numberWidth = String(rows.count + gap).count + 2
    measure()
  }

  private var rowCount: Int { rows.count + gap }

  /// True where a few rows are so wide, or so tall, that Vertical reads better.
  var isTooWide: Bool {
    // With rows left out a table shows better which.
    options.fallsBackToVertical && gap == 0 && rowCount <= options.verticalRowsMax
      && schema.count >= options.verticalColumnsMin
      && (hasNewlines || widths.reduce(0, +) >= options.verticalWidthMin)
  }

  /// The width of everything left of the first cell, which tabs are counted from.
  private var margin: Int { numberWidth + (style == .space ? 1 : 2) }

  private mutating func measure() {
    var prefix = margin
    for (column, field) in schema.fields.enumerated() {
      var widest = 0
      for row in rows {
        var cell = row[column]
        let bytesMax = options.valueWidthMax.multipliedReportingOverflow(by: 4)
        if options.valueWidthMax > 0, !bytesMax.overflow, cell.count > bytesMax.partialValue {
          cell.removeLast(cell.count - bytesMax.partialValue)
        }
        for line in lines(of: cell) {
          widest = max(
            widest,
            min(
              options.padWidthMax, options.valueWidthMax, displayWidth(line, prefix: prefix)))
        }
        hasNewlines = hasNewlines || (options.splitsLines && cell.contains(0x0A))
      }
      let name = shortened(field.name, cellWidth: widest)
      names.append((name.text, min(options.padWidthMax, name.width)))
      widths.append(max(widest, names[column].width))
      prefix += widths[column] + 3
    }
  }

  /// The lines of a cell; a newline at its end begins none.
  private func lines(of cell: [UInt8]) -> [[UInt8]] {
    guard options.splitsLines, cell.contains(0x0A) else { return [cell] }
    var parts = cell.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) }
    if parts.last?.isEmpty == true { parts.removeLast() }
    return parts
  }

  /// Long names that are no identifiers, such as expressions, lose their middle.
  private func shortened(_ name: String, cellWidth: Int) -> (text: [UInt8], width: Int) {
    let text = Array(name.utf8)
    let width = displayWidth(text)
    guard options.nameWidthCutTo > 0, !isIdentifier(text) else { return (text, width) }
    let limit = max(cellWidth, options.nameWidthCutTo)
    guard width > limit, width - limit > options.nameWidthSlack else { return (text, width) }
    let headEnd = bytesWithin(limit / 2, of: text)
    let tailStart = bytesWithin(width - (limit - 1) / 2, of: text)
    return (text[..<headEnd] + grid.ellipsis + text[tailStart...], limit)
  }

  private func isIdentifier(_ text: [UInt8]) -> Bool {
    guard let first = text.first, first &- 0x30 > 9 else { return false }
    return text.allSatisfy { $0 &- 0x30 <= 9 || ($0 | 0x20) &- 0x61 < 26 || $0 == 0x5F }
  }

  // MARK: Writing

  func write(into out: inout [UInt8]) {
    let blank = [UInt8](repeating: 0x20, count: options.numbersRows ? numberWidth : 0)
    switch style {
    case .full:
      writeRule(grid.headTop, blank, into: &out)
      writeNames(isTop: true, blank, into: &out)
      writeRule(grid.headBottom, blank, into: &out)
    case .compact: writeNames(isTop: true, blank, into: &out)
    case .space:
      writeNames(isTop: true, blank, into: &out)
      out.append(0x0A)
    }
    let isSingle = rowCount == 1 && schema.count == 1
    let cut = isSingle && !options.cutsSingleValue ? 0 : options.valueWidthMax
    for (i, row) in rows.enumerated() {
      if i == headCount, gap > 0 { writeGap(blank, into: &out) }
      if i > 0, style == .full { writeRule(grid.between, blank, into: &out) }
      let number = i < headCount ? i + 1 : i + gap + 1
      writeRow(row, number: number, cut: cut, blank, into: &out)
    }
    if options.repeatsNamesBelow, rowCount >= options.repeatsNamesFromRows {
      if style == .full { writeRule(grid.footTop, blank, into: &out) }
      if style == .space { out.append(0x0A) }
      writeNames(isTop: false, blank, into: &out)
      if style == .full { writeRule(grid.footBottom, blank, into: &out) }
      if style == .space { out.append(0x0A) }
    } else if style != .space {
      writeRule(grid.bottom, blank, into: &out)
    }
  }

  private func writeRule(_ part: PrettyGrid.Part, _ blank: [UInt8], into out: inout [UInt8]) {
    out += blank + part.left
    for (i, width) in widths.enumerated() {
      if i > 0 { out += part.cross }
      for _ in 0..<width + 2 { out += part.line }
    }
    out += part.right
    out.append(0x0A)
  }

  private func writeGap(_ blank: [UInt8], into out: inout [UInt8]) {
    if style == .full { writeRule(grid.between, blank, into: &out) }
    out += blank
    let total = widths.reduce(0) { $0 + $1 + 3 }
    for i in 0..<max(0, style == .space ? total - 2 : total + 1) {
      out += i % 2 == 1 ? [0x20] : grid.between.line
    }
    out.append(0x0A)
  }

  private func writeNames(isTop: Bool, _ blank: [UInt8], into out: inout [UInt8]) {
    let part = isTop ? grid.top : grid.bottom
    out += blank
    switch style {
    case .full: out += grid.boldBar + [0x20]
    case .compact: out += part.left + part.line
    case .space: out.append(0x20)
    }
    for (i, name) in names.enumerated() {
      if i > 0 {
        switch style {
        case .full: out += [0x20] + grid.boldBar + [0x20]
        case .compact: out += part.line + part.cross + part.line
        case .space: out += [0x20, 0x20, 0x20]
        }
      }
      var padding: [UInt8] = []
      for _ in 0..<max(0, widths[i] - name.width) {
        padding += style == .compact ? part.line : [0x20]
      }
      out += schema[i].type.alignsRight ? padding + name.text : name.text + padding
    }
    switch style {
    case .full: out += [0x20] + grid.boldBar
    case .compact: out += part.line + part.right
    case .space: break
    }
    out.append(0x0A)
  }

  private func writeRow(
    _ row: [[UInt8]], number: Int, cut: Int, _ blank: [UInt8], into out: inout [UInt8]
  ) {
    let cells = row.map(lines(of:))
    let tip = self.tip?.text(row[0]) ?? []
    for line in 0..<max(1, cells.map(\.count).max() ?? 1) {
      if options.numbersRows {
        if line == 0 {
          let text = Array("\(number). ".utf8)
          out += Array(repeating: 0x20, count: max(0, numberWidth - text.count)) + text
        } else {
          out += blank
        }
      }
      for column in cells.indices {
        if style != .space {
          out += grid.bar
        } else if column > 0 {
          out.append(0x20)
        }
        writeCell(row[column], cells[column], line, column, cut: cut, into: &out)
      }
      if style != .space { out += grid.bar }
      out += tip
      out.append(0x0A)
    }
  }

  private func writeCell(
    _ cell: [UInt8], _ lines: [[UInt8]], _ line: Int, _ column: Int, cut: Int,
    into out: inout [UInt8]
  ) {
    let isThere = line < lines.count && !cell.isEmpty
    var text = isThere ? lines[line] : []
    var width = isThere ? displayWidth(text, prefix: margin) : 0
    var isCut = false
    if cut > 0, width > cut {
      isCut = true
      text = text[..<bytesWithin(cut, of: text, prefix: margin)] + grid.ellipsis
      width = cut
    }
    out += line > 0 && isThere ? grid.continued : [0x20]
    let padding = [UInt8](repeating: 0x20, count: max(0, widths[column] - width))
    out += schema[column].type.alignsRight ? padding + text : text + padding
    let continues =
      isThere && options.splitsLines && (line + 1 < lines.count || cell.last == 0x0A)
    if continues {
      out += grid.lineFeed
    } else if !isCut {
      out.append(0x20)
    }
  }
}

/// The characters that tables are drawn with.
struct PrettyGrid {
  struct Part {
    let left, line, cross, right: [UInt8]

    init(_ characters: String) {
      let parts = characters.unicodeScalars.map { Array(String($0).utf8) }
      (left, line, cross, right) = (parts[0], parts[1], parts[2], parts[3])
    }
  }

  let headTop, headBottom, between, bottom, footTop, footBottom, top: Part
  let boldBar, bar, ellipsis, lineFeed, continued: [UInt8]

  private init(parts: [String], marks: String) {
    let made = parts.map { Part($0) }
    (headTop, headBottom, between, bottom) = (made[0], made[1], made[2], made[3])
    (footTop, footBottom, top) = (made[4], made[5], made[6])
    let texts = marks.unicodeScalars.map { Array(String($0).utf8) }
    (boldBar, bar, ellipsis, lineFeed, continued) = (
      texts[0], texts[1], texts[2], texts[3], texts[4]
    )
  }

  static let unicode = PrettyGrid(
    parts: ["┏━┳┓", "┡━╇┩", "├─┼┤", "└─┴┘", "┢━╈┪", "┗━┻┛", "┌─┬┐"], marks: "┃│⋯↴↳")
  static let ascii = PrettyGrid(parts: Array(repeating: "+-++", count: 7), marks: "||~\\>")
}
