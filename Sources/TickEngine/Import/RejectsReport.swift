/// The report of rows that were not taken, or are odd: counted by reason, listed reason by reason.
///
///     # 2 rejected, first in line 11: price: '…' is not above 0
///     file  line  column  reason  row
///     a.csv 11    price   '-1' is not above 0  rejected
///
/// Invariants:
/// 1. All rows are counted; at most `rowsMax` are listed and `reasonsMax` reasons told apart, so memory is bounded.
/// 2. The file appears when there is something to report, and holds the files of one call one after the other.
import Glibc
import TickColumns
package import TickFormats

package final class RejectsReport {
  private static let rowsMax = 100_000
  private static let reasonsMax = 1_000

  private struct Key: Hashable {
    let isKept: Bool
    let column: String?
    let reason: String
  }

  package let path: String
  private let isShared: Bool
  /// What the file, or the member of it, is called.
  private var source: String
  private var groups: [Key: RejectReason] = [:]
  private var rows: [(source: String, row: RejectedRow, key: Key)] = []
  private var restored: [RejectReason]?
  /// What there was before the file, or the member, that is being read.
  private var before: (groups: [Key: RejectReason], rowCount: Int) = ([:], 0)

  /// - Parameter path: nil for a report beside the file, made anew.
  package init(of source: String, path: String?) {
    self.source = source
    self.path = path ?? source + ".rejects.tsv"
    isShared = path != nil
    if path == nil { _ = unsafe unlink(self.path) }
  }

  /// Says that the next rows are those of another file, or member.
  func begin(_ source: String) {
    self.source = source
    before = (groups, rows.count)
  }

  /// Takes rows; lines count within the file.
  package func append(_ more: [RejectedRow], firstLine: Int) {
    for row in more {
      var row = row
      if row.line > 0 { row.line += firstLine }
      var key = Key(isKept: row.isKept, column: row.column, reason: Self.withoutValues(row.reason))
      if groups[key] == nil, groups.count >= Self.reasonsMax {
        key = Key(isKept: row.isKept, column: nil, reason: "other reasons")
      }
      let new = RejectReason(
        column: key.column, reason: key.reason, count: 0, firstLine: row.line, isKept: key.isKept)
      groups[key, default: new].count += 1
      if rows.count < Self.rowsMax { rows.append((source, row, key)) }
    }
  }

  /// Takes the counts of a report that was made elsewhere, whose list may be shorter.
  package func restore(_ reasons: [RejectReason]) { restored = reasons }

  /// Takes back what came since `begin`, of a file that is read again.
  func clear() {
    groups = before.groups
    rows.removeLast(rows.count - before.rowCount)
  }

  /// What was wrong, the commonest first.
  package var reasons: [RejectReason] {
    restored
      ?? groups.values.sorted {
        ($0.isKept ? 1 : 0, -$0.count, $0.firstLine, $0.reason)
          < ($1.isKept ? 1 : 0, -$1.count, $1.firstLine, $1.reason)
      }
  }

  /// The listed rows, reason by reason.
  var listed: [RejectedRow] { ordered.map(\.row) }

  private var ordered: [(source: String, row: RejectedRow, key: Key)] {
    var places: [Key: Int] = [:]
    for reason in reasons {
      places[Key(isKept: reason.isKept, column: reason.column, reason: reason.reason)] =
        places.count
    }
    return rows.indices.sorted {
      (places[rows[$0].key] ?? .max, $0) < (places[rows[$1].key] ?? .max, $1)
    }.map { rows[$0] }
  }

  /// Writes the file, if there is something to write; returns where.
  package func write() throws(EngineError) -> String? {
    guard !rows.isEmpty else { return nil }
    let descriptor = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure("create") }
    defer { close(descriptor) }
    let isNew = lseek(descriptor, 0, SEEK_END) == 0
    var text = ""
    for reason in reasons { text += "# \(reason.sentence)\n" }
    let total = reasons.reduce(0) { $0 + $1.count }
    if total > rows.count { text += "# the first \(rows.count) of \(total) are listed\n" }
    if isNew || !isShared { text += "file\tline\tcolumn\treason\trow\n" }
    for (source, row, _) in ordered {
      let cells = [
        source, row.line > 0 ? String(row.line) : "", row.column ?? "", row.reason,
        row.isKept ? "kept" : "rejected",
      ]
      text += cells.map(Self.escaped).joined(separator: "\t") + "\n"
    }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw failure("write")
      }
      rest = rest.dropFirst(count)
    }
    return path
  }

  private func failure(_ operation: String) -> EngineError {
    let reason = unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "error \(errno)"
    return EngineError(
      .cannotOpenFile, "cannot \(operation) the report of rejected rows \(path): \(reason)")
  }

  /// The reason as all rows of its kind have it: what stands in quotes is the single row's.
  private static func withoutValues(_ reason: String) -> String {
    var out = ""
    var isQuoted = false
    for letter in reason {
      if letter == "'" {
        out += isQuoted ? "…'" : "'"
        isQuoted.toggle()
      } else if !isQuoted {
        out.append(letter)
      }
    }
    return out
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

extension RejectReason {
  /// `2 rejected, first in line 11: price: '…' is not above 0`.
  public var sentence: String {
    let place = firstLine > 0 ? ", first in line \(firstLine)" : ""
    return "\(count) \(isKept ? "kept though odd" : "rejected")\(place): "
      + (column.map { "\($0): " } ?? "") + reason
  }
}
