public import TickColumns

/// Rows that stand beside a result: of WITH TOTALS, and of the setting `extremes`.
///
/// Formats that are rows and nothing else leave them away, as in ClickHouse.
public struct ResultAsides: Sendable {
  /// One row.
  public var totals: Batch?
  /// Two rows: the least value of each column, and the greatest.
  public var extremes: Batch?

  public init(totals: Batch? = nil, extremes: Batch? = nil) {
    self.totals = totals
    self.extremes = extremes
  }
}

extension BatchEncoder {
  /// The end of a result without asides.
  public mutating func finish(_ statistics: ResultStatistics, into out: inout [UInt8]) {
    finish(statistics, ResultAsides(), into: &out)
  }
}

/// How the asides of a row-oriented text format look; nil for those that have none.
enum AsidesShape {
  /// TabSeparated and CSV: rows like the others, each part behind an empty line.
  case rows(lineEnd: [UInt8])
  /// JSON documents: members behind the data. The prefixes are those of the cells of one row at the depth of
  /// `totals`, and at that of `min` and `max`.
  case members(DocumentAsides)
  /// The formats with progress: an object a line.
  case lines
}

/// `totals` and `extremes` of a JSON document.
struct DocumentAsides {
  private let names: [[UInt8]]
  private let isCompact: Bool

  init(_ schema: Schema, _ style: JSONStyle, isCompact: Bool) {
    names = schema.fields.map { cell($0.name, .json(style)) }
    self.isCompact = isCompact
  }

  /// `cells` of each aside are rendered, nested values on one line.
  func write(totals: [StringValues]?, extremes: [StringValues]?, into out: inout [UInt8]) {
    if let totals {
      out += Array(",\n\n\t\"totals\":".utf8)
      writeRow(totals, 0, indent: "\t", into: &out)
    }
    if let extremes {
      out += Array(",\n\n\t\"extremes\":\n\t{\n\t\t\"min\":".utf8)
      writeRow(extremes, 0, indent: "\t\t", into: &out)
      out += Array(",\n\t\t\"max\":".utf8)
      writeRow(extremes, 1, indent: "\t\t", into: &out)
      out += Array("\n\t}".utf8)
    }
  }

  private func writeRow(
    _ cells: [StringValues], _ row: Int, indent: String, into out: inout [UInt8]
  ) {
    if isCompact {
      out += Array(" [".utf8)
      for (i, column) in cells.enumerated() {
        if i > 0 { out += [0x2C, 0x20] }
        out += column[row]
      }
      out.append(0x5D)
      return
    }
    out += Array("\n\(indent){".utf8)
    for (i, column) in cells.enumerated() {
      out += Array((i > 0 ? ",\n\(indent)\t" : "\n\(indent)\t").utf8)
      out += names[i] + [0x3A, 0x20]
      out += column[row]
    }
    out += Array("\n\(indent)}".utf8)
  }
}
