/// The answer to an import over a connection: lines of JSON, written by the server and read by the command line.
///
///     {"event":"progress","bytes":8388608,"bytes_total":20971520,"rows":120000,"rejected_rows":0}
///     {"event":"rejected","line":11,"column":"price","reason":"..."}
///     {"event":"imported","rows":9738,"duplicate_rows":0,"rejected_rows":1,"known":false}
///
/// Invariants:
/// 1. `progress` comes while the import runs and only where it was asked for, `rejected` after it succeeded, one for
///    each rejected row, `imported` last: an answer without it is not whole.
/// 2. A line has the fields of its event; numbers are counts from the start of the file.
import TickColumns
package import TickFormats

package enum ImportEvent: Sendable {
  case progress(ImportProgress)
  case rejected(RejectedRow)
  case imported(ImportOutcome)

  package static let contentType = "application/x-ndjson; charset=UTF-8"

  /// All fields that a line can have; those that it lacks read as 0 or nothing.
  private static let schema = Schema([
    Field("event", .string), Field("bytes", .uint64), Field("bytes_total", .uint64),
    Field("rows", .uint64), Field("duplicate_rows", .uint64), Field("rejected_rows", .uint64),
    Field("known", .bool), Field("line", .uint64), Field("column", .string),
    Field("reason", .string),
  ])

  /// The line, with its end.
  package var line: [UInt8] {
    var text: [UInt8] = []
    switch self {
    case .progress(let progress):
      text += Array(#"{"event":"progress","bytes":\#(progress.bytesRead)"#.utf8)
      if let total = progress.bytesTotal { text += Array(#","bytes_total":\#(total)"#.utf8) }
      text += Array(
        #","rows":\#(progress.rows),"rejected_rows":\#(progress.rejectedRows)}"#.utf8)
    case .rejected(let row):
      text += Array(#"{"event":"rejected","line":\#(row.line),"column":"#.utf8)
      text += Self.quoted(row.column ?? "")
      text += Array(#","reason":"#.utf8) + Self.quoted(row.reason) + Array("}".utf8)
    case .imported(let outcome):
      text += Array(
        (#"{"event":"imported","rows":\#(outcome.rows),"duplicate_rows":\#(outcome.duplicateRows),"#
          + #""rejected_rows":\#(outcome.rejectedRows),"known":\#(outcome.wasKnown)}"#).utf8)
    }
    return text + [UInt8(ascii: "\n")]
  }

  private static func quoted(_ text: String) -> [UInt8] {
    var out: [UInt8] = []
    Column(.string, of: [.text(text)]).writeText(
      row: 0, style: .json(JSONStyle(replacesInvalidUTF8: true)), into: &out)
    return out
  }

  /// The events of whole lines.
  package static func read(_ lines: [UInt8]) throws(FormatError) -> [ImportEvent] {
    var decoder = try InputFormat.jsonEachRow.makeDecoder(schema: schema)
    var events: [ImportEvent] = []
    for batch in try decoder.push(lines) + decoder.finish() {
      for row in 0..<batch.rowCount { events.append(try event(batch, row)) }
    }
    return events
  }

  private static func event(_ batch: Batch, _ row: Int) throws(FormatError) -> ImportEvent {
    func number(_ name: String) -> Int {
      guard let position = schema.position(of: name),
        case .uint(let value) = batch.columns[position].value(at: row)
      else { return 0 }
      return Int(clamping: value)
    }
    func text(_ name: String) -> String {
      schema.position(of: name).map { batch.columns[$0].text(at: row) } ?? ""
    }
    switch text("event") {
    case "progress":
      var progress = ImportProgress()
      progress.bytesRead = number("bytes")
      progress.bytesTotal = number("bytes_total") > 0 ? number("bytes_total") : nil
      progress.rows = number("rows")
      progress.rejectedRows = number("rejected_rows")
      return .progress(progress)
    case "rejected":
      let column = text("column")
      return .rejected(
        RejectedRow(
          line: number("line"), column: column.isEmpty ? nil : column, reason: text("reason")))
    case "imported":
      var outcome = ImportOutcome()
      outcome.rows = number("rows")
      outcome.duplicateRows = number("duplicate_rows")
      outcome.rejectedRows = number("rejected_rows")
      outcome.wasKnown = number("known") != 0
      return .imported(outcome)
    case let name:
      throw FormatError(.incorrectData, "'\(name)' is no event of an import")
    }
  }
}
