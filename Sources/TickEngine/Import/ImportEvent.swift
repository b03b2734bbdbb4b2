/// The answer to an import over a connection: lines of JSON, written by the server and read by the command line.
///
///     {"event":"progress","bytes":8388608,"bytes_total":20971520,"rows":120000,"rejected_rows":0,"time":1723161255342000000}
///     {"event":"rejected","line":11,"column":"price","reason":"...","kept":false}
///     {"event":"reason","count":1,"line":11,"column":"price","reason":"...","kept":false}
///     {"event":"imported","rows":9738,"duplicate_rows":0,"rejected_rows":1,"odd_rows":0,"members":1,"known":false}
///
/// A dry run gives `{"event":"preview","text":"..."}` for the file, or for each member of an archive, in place of rows.
///
/// Invariants:
/// 1. `progress` comes while the import runs and only where it was asked for; `rejected` after it succeeded, one for
///    each rejected or odd row that is listed; `reason` for each kind of them, with all of them counted; `imported`
///    last: an answer without it is not whole.
/// 2. A line has the fields of its event; numbers are counts from the start of the file.
import TickColumns
package import TickFormats

package enum ImportEvent: Sendable {
  case progress(ImportProgress)
  case rejected(RejectedRow)
  case reason(RejectReason)
  case preview(String)
  case imported(ImportOutcome)

  package static let contentType = "application/x-ndjson; charset=UTF-8"

  /// All fields that a line can have; those that it lacks read as 0 or nothing.
  private static let schema = Schema([
    Field("event", .string), Field("bytes", .uint64), Field("bytes_total", .uint64),
    Field("rows", .uint64), Field("duplicate_rows", .uint64), Field("rejected_rows", .uint64),
    Field("known", .bool), Field("line", .uint64), Field("column", .string),
    Field("reason", .string), Field("kept", .bool), Field("count", .uint64),
    Field("odd_rows", .uint64), Field("members", .uint64), Field("time", .int64),
    Field("text", .string),
  ])

  /// The line, with its end.
  package var line: [UInt8] {
    var text: [UInt8] = []
    switch self {
    case .progress(let progress):
      text += Array(#"{"event":"progress","bytes":\#(progress.bytesRead)"#.utf8)
      if let total = progress.bytesTotal { text += Array(#","bytes_total":\#(total)"#.utf8) }
      text += Array(
        #","rows":\#(progress.rows),"rejected_rows":\#(progress.rejectedRows)"#.utf8)
      if let time = progress.dataTime { text += Array(#","time":\#(time)"#.utf8) }
      text += Array("}".utf8)
    case .rejected(let row):
      text += Array(#"{"event":"rejected","line":\#(row.line),"column":"#.utf8)
      text += Self.quoted(row.column ?? "")
      text += Array(#","reason":"#.utf8) + Self.quoted(row.reason)
      text += Array(#","kept":\#(row.isKept)}"#.utf8)
    case .reason(let reason):
      text += Array(
        #"{"event":"reason","count":\#(reason.count),"line":\#(reason.firstLine),"column":"#.utf8)
      text += Self.quoted(reason.column ?? "")
      text += Array(#","reason":"#.utf8) + Self.quoted(reason.reason)
      text += Array(#","kept":\#(reason.isKept)}"#.utf8)
    case .preview(let preview):
      text += Array(#"{"event":"preview","text":"#.utf8) + Self.quoted(preview) + Array("}".utf8)
    case .imported(let outcome):
      text += Array(
        (#"{"event":"imported","rows":\#(outcome.rows),"duplicate_rows":\#(outcome.duplicateRows),"#
          + #""rejected_rows":\#(outcome.rejectedRows),"odd_rows":\#(outcome.oddRows),"#
          + #""members":\#(outcome.members),"known":\#(outcome.wasKnown)}"#).utf8)
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
    let column = text("column")
    switch text("event") {
    case "progress":
      var progress = ImportProgress()
      progress.bytesRead = number("bytes")
      progress.bytesTotal = number("bytes_total") > 0 ? number("bytes_total") : nil
      progress.rows = number("rows")
      progress.rejectedRows = number("rejected_rows")
      if let position = schema.position(of: "time"),
        case .int(let time) = batch.columns[position].value(at: row), time != 0
      {
        progress.dataTime = time
      }
      return .progress(progress)
    case "rejected":
      var rejected = RejectedRow(
        line: number("line"), column: column.isEmpty ? nil : column, reason: text("reason"))
      rejected.isKept = number("kept") != 0
      return .rejected(rejected)
    case "reason":
      return .reason(
        RejectReason(
          column: column.isEmpty ? nil : column, reason: text("reason"), count: number("count"),
          firstLine: number("line"), isKept: number("kept") != 0))
    case "preview": return .preview(text("text"))
    case "imported":
      var outcome = ImportOutcome()
      outcome.rows = number("rows")
      outcome.duplicateRows = number("duplicate_rows")
      outcome.rejectedRows = number("rejected_rows")
      outcome.oddRows = number("odd_rows")
      outcome.members = number("members")
      outcome.wasKnown = number("known") != 0
      return .imported(outcome)
    case let name:
      throw FormatError(.incorrectData, "'\(name)' is no event of an import")
    }
  }
}
