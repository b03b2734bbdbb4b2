/// Rows that are JSON objects: one or an array of them on a line, or some brackets deep in one document.
///
/// Invariant: brackets are counted, not recursed into, so depth costs nothing.
import TickColumns

extension MappedParser {
  /// Every line is a text of its own, so a broken one spoils no other.
  func readJSONLines(_ bytes: Span<UInt8>, into rows: inout RowsUnderConstruction) -> Int {
    var line = 0
    var start = 0
    while start < bytes.count {
      line += 1
      let (stop, next) = lineEnd(bytes, start, bytes.count)
      var at = start
      var isOpen = false
      var isWhole = true
      while isWhole {
        skipBlanks(bytes, &at, stop)
        guard at < stop else { break }
        switch bytes[at] {
        case 0x7B: readObject(bytes, &at, stop, line: line, into: &rows)
        case 0x2C: at += 1
        case 0x5B where !isOpen, 0x5D where isOpen:
          isOpen.toggle()
          at += 1
        default: isWhole = false
        }
      }
      if !isWhole || isOpen {
        rows.reject(RejectedRow(line: line, reason: "the line is not objects or an array of them"))
      }
      start = next
    }
    return line
  }

  /// The objects that lie `depth` brackets deep. A chunk but the first begins there.
  func readJSON(
    _ bytes: Span<UInt8>, depth: Int, isFirst: Bool, into rows: inout RowsUnderConstruction
  ) -> Int {
    var line = 0
    var level = isFirst ? 0 : depth
    var at = 0
    while at < bytes.count {
      switch bytes[at] {
      case 0x0A: line += 1
      case 0x22:
        skipString(bytes, &at, bytes.count)
        continue
      case 0x7B where level == depth:
        let start = at
        readObject(bytes, &at, bytes.count, line: line + 1, into: &rows)
        for i in start..<at where bytes[i] == 0x0A { line += 1 }
        continue
      case 0x7B, 0x5B: level += 1
      case 0x7D, 0x5D: level -= 1
      default: break
      }
      at += 1
    }
    return bytes.count > 0 && bytes[bytes.count - 1] != 0x0A ? line + 1 : line
  }

  /// One object: a row, or a reject. `at` moves behind it.
  private func readObject(
    _ bytes: Span<UInt8>, _ at: inout Int, _ end: Int, line: Int,
    into rows: inout RowsUnderConstruction
  ) {
    var cells = CellRanges(layout.names.count)
    var problem: (column: String?, reason: String)?
    var expected = 0
    at += 1
    while true {
      skipBlanks(bytes, &at, end, newlines: true)
      if at < end, bytes[at] == 0x2C {
        at += 1
        continue
      }
      if at < end, bytes[at] == 0x7D {
        at += 1
        break
      }
      guard at < end, bytes[at] == 0x22 else {
        rows.reject(RejectedRow(line: line, reason: "the object is cut off or no JSON"))
        at = resume(bytes, at, end)
        return
      }
      let key = at
      skipString(bytes, &at, end)
      let keyEnd = at
      skipBlanks(bytes, &at, end, newlines: true)
      guard at < end, bytes[at] == 0x3A else {
        rows.reject(RejectedRow(line: line, reason: "the object is cut off or no JSON"))
        at = resume(bytes, at, end)
        return
      }
      at += 1
      skipBlanks(bytes, &at, end, newlines: true)
      let value = at
      skipValue(bytes, &at, end)
      guard at > value, at < end || bytes[end - 1] == 0x7D else {
        rows.reject(RejectedRow(line: line, reason: "the object is cut off or no JSON"))
        return
      }
      guard let cell = cellNamed(bytes, key, keyEnd, after: expected) else {
        if layout.isPlain, problem == nil {
          problem = (nil, "the table has no column \(excerpt(bytes, key + 1, keyEnd - 1))")
        }
        continue
      }
      expected = cell + 1
      if !cells.set(cell, value, at), problem == nil {
        problem = (layout.names[cell], "the key stands twice")
      }
    }
    if let problem {
      rows.reject(RejectedRow(line: line, column: problem.column, reason: problem.reason))
    } else {
      rows.append(bytes, cells, line: line, style: .json)
    }
  }

  /// Keys come in the same order in every row, nearly always.
  private func cellNamed(_ bytes: Span<UInt8>, _ start: Int, _ end: Int, after expected: Int)
    -> Int?
  {
    let names = nameBytes
    if expected < names.count, isSame(bytes, start + 1, end - 1, names[expected]) {
      return expected
    }
    return names.firstIndex { isSame(bytes, start + 1, end - 1, $0) }
  }

  /// Where to go on behind a broken object: at the end of the line.
  private func resume(_ bytes: Span<UInt8>, _ from: Int, _ end: Int) -> Int {
    var at = from
    while at < end, bytes[at] != 0x0A { at += 1 }
    return at
  }
}

func skipBlanks(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int, newlines: Bool = false) {
  while at < end {
    switch bytes[at] {
    case 0x20, 0x09, 0x0D: at += 1
    case 0x0A where newlines: at += 1
    default: return
    }
  }
}

/// Moves from an opening quote behind the closing one, or to the end.
func skipString(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) {
  at += 1
  while at < end {
    let byte = bytes[at]
    at += 1
    if byte == 0x22 { return }
    if byte == 0x5C { at = min(at + 1, end) }
  }
}

/// Moves behind a value: a string, a bracket with all that is in it, or a word.
func skipValue(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) {
  var level = 0
  while at < end {
    switch bytes[at] {
    case 0x22:
      skipString(bytes, &at, end)
      if level == 0 { return }
      continue
    case 0x7B, 0x5B: level += 1
    case 0x7D, 0x5D:
      if level == 0 { return }
      level -= 1
      if level == 0 {
        at += 1
        return
      }
    case 0x2C where level == 0, 0x20 where level == 0, 0x0A where level == 0, 0x0D where level == 0,
      0x09 where level == 0:
      return
    default: break
    }
    at += 1
  }
}
