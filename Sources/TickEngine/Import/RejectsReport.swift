/// The report of rows that were not taken, one line each: file, line, column and reason, or an event of an answer.
///
/// The file appears with the first rejected row. A report that two imports share grows.
import Glibc
import TickColumns
package import TickFormats

package final class RejectsReport {
  package enum Style: Sendable {
    /// Tab-separated below a head.
    case table
    /// Lines of `ImportEvent`.
    case events
  }

  package let path: String
  private let source: String
  private let style: Style
  private var descriptor: Int32 = -1
  /// The length of the report when this file's first row came.
  private var start: off_t = 0

  /// - Parameter path: nil for a report beside the file, made anew.
  package init(of source: String, path: String?, style: Style = .table) {
    self.source = source
    self.style = style
    self.path = path ?? source + ".rejects.tsv"
    if path == nil { _ = unsafe unlink(self.path) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Appends rows; lines count within the file.
  package func append(_ rows: [RejectedRow], firstLine: Int) throws(EngineError) {
    guard !rows.isEmpty else { return }
    var text = ""
    var lines: [UInt8] = []
    if descriptor < 0 {
      descriptor = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { throw failure("create") }
      start = lseek(descriptor, 0, SEEK_END)
      if start == 0, style == .table { text = "file\tline\tcolumn\treason\n" }
    }
    for row in rows {
      var row = row
      row.line += firstLine
      switch style {
      case .table:
        let cells = [source, String(row.line), row.column ?? "", row.reason]
        text += cells.map(Self.escaped).joined(separator: "\t") + "\n"
      case .events: lines += ImportEvent.rejected(row).line
      }
    }
    var rest = (Array(text.utf8) + lines)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        throw failure("write")
      }
      rest = rest.dropFirst(count)
    }
  }

  /// Takes back the rows of this file, which is read again.
  func withdraw() throws(EngineError) {
    guard descriptor >= 0 else { return }
    guard ftruncate(descriptor, start) == 0 else { throw failure("cut") }
    close(descriptor)
    descriptor = -1
  }

  private func failure(_ operation: String) -> EngineError {
    let reason = unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "error \(errno)"
    return EngineError(
      .cannotOpenFile, "cannot \(operation) the report of rejected rows \(path): \(reason)")
  }

  private static func escaped(_ cell: String) -> String {
    var out = ""
    for scalar in cell.unicodeScalars {
      switch scalar {
      case "\t": out += "\\t"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\\": out += "\\\\"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
