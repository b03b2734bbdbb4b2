/// What an import shows: on a terminal a line that changes, elsewhere a plain one now and then, and what stays in the end.
import Glibc
import TickEngine

/// The progress of one file after the other.
final class ImportLine {
  /// Seconds between plain lines.
  private static let plainSeconds = 10.0
  /// Seconds between changes of the line on a terminal.
  private static let terminalSeconds = 0.1

  private let isTerminal: Bool
  private let isQuiet: Bool
  private let fileCount: Int
  private var file = ""
  private var number = 0
  private var began = 0.0
  private var lastShown = 0.0
  private var isShown = false

  init(files: Int, isQuiet: Bool) {
    fileCount = files
    self.isQuiet = isQuiet
    isTerminal = Console.errorIsTerminal
  }

  var showsProgress: Bool { !isQuiet }

  func begin(_ file: String) {
    self.file = file
    number += 1
    began = Self.seconds()
    lastShown = isTerminal ? 0 : began
  }

  func show(_ progress: ImportProgress) {
    guard let elapsed = due() else { return }
    var parts: [String] = []
    if let total = progress.bytesTotal, total > 0 {
      let share = min(1, Double(progress.bytesRead) / Double(total))
      parts.append((isTerminal ? Self.bar(share) + " " : "") + "\(Int(share * 100)) %")
    }
    parts.append("\(progress.rows) rows")
    if elapsed > 0 {
      parts.append("\(Self.short(Double(progress.rows) / elapsed)) rows/s")
      parts.append("\(Self.short(Double(progress.bytesRead) / elapsed))B/s")
    }
    if let time = progress.dataTime { parts.append("at \(Self.date(time))") }
    if progress.rejectedRows > 0 { parts.append("\(progress.rejectedRows) rejected") }
    if let total = progress.bytesTotal, progress.bytesRead > 0, total > progress.bytesRead {
      let rest = elapsed * Double(total - progress.bytesRead) / Double(progress.bytesRead)
      parts.append("\(Self.clock(rest)) left")
    }
    write(parts.joined(separator: isTerminal ? "  " : ", "))
  }

  func showSent(_ bytes: Int, of total: Int) {
    guard due() != nil else { return }
    write(total > 0 ? "sent \(min(100, bytes * 100 / total)) %" : "sent \(bytes) bytes")
  }

  func clear() {
    guard isShown else { return }
    isShown = false
    _ = Console.write(Array("\r\u{1B}[K".utf8), to: STDERR_FILENO)
  }

  /// Says what became of a file.
  func tell(_ outcome: ImportOutcome) {
    clear()
    var line = "\(file): "
    line += outcome.wasKnown ? "imported before, nothing added" : "\(outcome.rows) rows imported"
    if outcome.members > 1 { line += " from \(outcome.members) members" }
    if outcome.duplicateRows > 0 { line += ", \(outcome.duplicateRows) duplicates left out" }
    if outcome.rejectedRows > 0 { line += ", \(outcome.rejectedRows) rejected" }
    if outcome.oddRows > 0 { line += ", \(outcome.oddRows) odd" }
    if let path = outcome.rejectsPath { line += " (see \(path))" }
    Console.line(line)
    if let problem = outcome.reportProblem { Console.error("tickbase: \(problem)") }
    for reason in outcome.reasons.prefix(Self.reasonsMax) { Console.line("  \(reason.sentence)") }
    if outcome.reasons.count > Self.reasonsMax {
      Console.line("  and \(outcome.reasons.count - Self.reasonsMax) other reasons")
    }
  }

  /// Reasons that are shown here; the report has all of them.
  private static let reasonsMax = 10

  /// Seconds since the file began, when it is time to show something.
  private func due() -> Double? {
    guard !isQuiet else { return nil }
    let now = Self.seconds()
    guard now - lastShown >= (isTerminal ? Self.terminalSeconds : Self.plainSeconds) else {
      return nil
    }
    lastShown = now
    return now - began
  }

  private func write(_ text: String) {
    let place = fileCount > 1 ? "[\(number)/\(fileCount)] " : ""
    if isTerminal {
      isShown = true
      _ = Console.write(Array("\r\u{1B}[K\(place)\(file): \(text)".utf8), to: STDERR_FILENO)
    } else {
      Console.error("\(place)\(file): \(text)")
    }
  }

  private static func bar(_ share: Double) -> String {
    let width = 20
    let full = Int(share * Double(width))
    return String(repeating: "█", count: full) + String(repeating: "░", count: width - full)
  }

  /// `950`, `1.9 M`.
  private static func short(_ number: Double) -> String {
    for (unit, name) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where number >= unit {
      let tenths = Int(number / unit * 10)
      return "\(tenths / 10).\(tenths % 10) \(name)"
    }
    return "\(Int(number)) "
  }

  private static func clock(_ seconds: Double) -> String {
    let whole = Int(min(seconds, 359_999))
    let rest = whole % 60
    let minutes = whole / 60 % 60
    func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
    return whole >= 3_600
      ? "\(whole / 3_600):\(two(minutes)):\(two(rest))" : "\(minutes):\(two(rest))"
  }

  private static func date(_ nanoseconds: Int64) -> String {
    String(ImportProgress.text(of: nanoseconds).prefix(16))
  }

  private static func seconds() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
