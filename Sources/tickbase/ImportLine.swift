/// What an import shows: a line that changes on a terminal, and one that stays.
import Glibc
import TickEngine

enum ImportLine {
  static func show(_ progress: ImportProgress, of file: String) {
    var text = "\(progress.rows) rows"
    if let total = progress.bytesTotal, total > 0 {
      text += ", \(min(100, progress.bytesRead * 100 / total)) %"
    }
    if progress.rejectedRows > 0 { text += ", \(progress.rejectedRows) rejected" }
    show(text, of: file)
  }

  static func showSent(_ bytes: Int, of total: Int, file: String) {
    show(total > 0 ? "sent \(min(100, bytes * 100 / total)) %" : "sent \(bytes) bytes", of: file)
  }

  private static func show(_ text: String, of file: String) {
    _ = Console.write(Array("\r\u{1B}[K\(file): \(text)".utf8), to: STDERR_FILENO)
  }

  static func clear() {
    _ = Console.write(Array("\r\u{1B}[K".utf8), to: STDERR_FILENO)
  }

  /// Says what became of a file.
  static func tell(_ outcome: ImportOutcome, of file: String) {
    var line = "\(file): "
    line += outcome.wasKnown ? "imported before, nothing added" : "\(outcome.rows) rows imported"
    if outcome.duplicateRows > 0 { line += ", \(outcome.duplicateRows) duplicates left out" }
    if outcome.rejectedRows > 0 {
      line += ", \(outcome.rejectedRows) rejected"
      if let path = outcome.rejectsPath { line += " (see \(path))" }
    }
    Console.line(line)
  }
}
