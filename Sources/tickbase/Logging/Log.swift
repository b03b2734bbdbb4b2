/// The server's log on standard error: a line per statement and per event of its life, as text for people or as JSON for
/// machines.
///
/// Invariants:
/// 1. Whoever logs never waits: a thread of its own writes, from a queue that is bounded in bytes. What does not fit is
///    dropped, and the next line that fits says how many were.
/// 2. A line is one line: control characters are escaped.
/// 3. Statements come as `StatementRecord` tells them, without data and passwords, their text cut at `textMax`.
import Glibc
import TickColumns
import TickEngine
import TickFormats
import TickStorage

final class Log: DatabaseObserver {
  enum Level: Int, CaseIterable, Comparable {
    case debug, info, warning, error, off

    var name: String {
      switch self {
      case .debug: "debug"
      case .info: "info"
      case .warning: "warning"
      case .error: "error"
      case .off: "off"
      }
    }

    static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
  }

  enum Value {
    case text(String)
    case number(Int)
    /// Three digits behind the point.
    case milliseconds(Int)
  }

  /// Characters of a statement in a line.
  static let textMax = 4_096
  /// Bytes that wait for a slow reader.
  static let waitingBytesMax = 1 << 20

  private struct Waiting: Sendable {
    var bytes: [UInt8] = []
    var dropped = 0
    var isClosed = false
  }

  private let level: Level
  private let isJSON: Bool
  private let waiting: Monitor<Waiting>
  private let thread: SystemThread

  /// Throws a `Failure` of usage for words that name nothing.
  convenience init(_ settings: Configuration) throws(Failure) {
    let format = settings["log.format"]
    let level = settings["log.level"]
    guard ["auto", "text", "json"].contains(format.value) else {
      throw Failure(
        .usage,
        "\(format.origin.text): the format of the log is '\(format.value)'; it is auto, text or json"
      )
    }
    guard let known = Level.allCases.first(where: { $0.name == level.value }) else {
      throw Failure(
        .usage,
        "\(level.origin.text): the level of the log is '\(level.value)'; it is debug, info, warning, error or off"
      )
    }
    let isJSON = format.value == "json" || format.value == "auto" && !Console.errorIsTerminal
    self.init(level: known, isJSON: isJSON, descriptor: STDERR_FILENO)
  }

  init(level: Level, isJSON: Bool, descriptor: Int32) {
    self.level = level
    self.isJSON = isJSON
    let waiting = Monitor(Waiting())
    self.waiting = waiting
    thread = SystemThread(name: "tick-log") {
      while let bytes = Log.next(waiting) { _ = Console.write(bytes, to: descriptor) }
    }
  }

  /// Writes what waits and ends the thread.
  func close() {
    waiting.withLock { $0.isClosed = true }
    thread.join()
  }

  private static func next(_ waiting: Monitor<Waiting>) -> [UInt8]? {
    waiting.wait { state -> [UInt8]?? in
      guard state.bytes.isEmpty else {
        var bytes: [UInt8] = []
        swap(&bytes, &state.bytes)
        return .some(bytes)
      }
      return state.isClosed ? .some(nil) : nil
    }
  }

  // MARK: What is logged

  func ended(_ statement: StatementRecord) {
    let level: Level = statement.error == nil ? .info : .warning
    guard level >= self.level else { return }
    let figures = statement.figures
    var fields: [(String, Value)] = [
      ("query_id", .text(statement.queryID)), ("user", .text(statement.user)),
      ("kind", .text(statement.kind)), ("duration_ms", .milliseconds(figures.elapsedNanoseconds)),
      ("read_rows", .number(figures.readRows)), ("written_rows", .number(figures.writtenRows)),
      ("result_rows", .number(figures.resultRows)), ("memory_bytes", .number(figures.memoryBytes)),
      ("code", .number(statement.error?.code.rawValue ?? 0)),
    ]
    if let error = statement.error { fields.append(("error", .text(error.message))) }
    fields.append(("query", .text(String(statement.text.prefix(Self.textMax)))))
    write(level, "query", fields)
  }

  func write(_ level: Level, _ event: String, _ fields: [(String, Value)]) {
    guard level >= self.level, self.level != .off else { return }
    let line = isJSON ? json(level, event, fields) : text(level, event, fields)
    let bytes = Array(line.utf8)
    waiting.withLock { state in
      guard !state.isClosed else { return }
      guard state.bytes.count + bytes.count <= Self.waitingBytesMax else {
        state.dropped += 1
        return
      }
      if state.dropped > 0 {
        let dropped = [("lines", Value.number(state.dropped))]
        let note =
          isJSON ? json(.warning, "dropped", dropped) : text(.warning, "dropped", dropped)
        state.bytes += Array(note.utf8)
        state.dropped = 0
      }
      state.bytes += bytes
    }
  }

  // MARK: Lines

  private func json(_ level: Level, _ event: String, _ fields: [(String, Value)]) -> String {
    var line = "{\"time\":\"\(Self.now())\",\"level\":\"\(level.name)\",\"event\":\"\(event)\""
    for (name, value) in fields {
      line += ",\"\(name)\":"
      switch value {
      case .text(let text): line += "\"\(Self.escaped(text, quotes: true))\""
      case .number(let number): line += String(number)
      case .milliseconds(let nanoseconds): line += Self.milliseconds(nanoseconds)
      }
    }
    return line + "}\n"
  }

  private func text(_ level: Level, _ event: String, _ fields: [(String, Value)]) -> String {
    var line = "\(Self.now()) \(level.name.uppercased()) \(event)"
    for (name, value) in fields {
      switch value {
      case .text(let text) where text.isEmpty: continue
      // The statement ends the line, as it is.
      case .text(let text) where name == "query": line += ": \(Self.escaped(text, quotes: false))"
      case .text(let text):
        let isWord = !text.contains(where: { " \"=\n\r\t".contains($0) })
        line += " \(name)=" + (isWord ? text : "\"\(Self.escaped(text, quotes: true))\"")
      case .number(let number): line += " \(name)=\(number)"
      case .milliseconds(let nanoseconds): line += " \(name)=\(Self.milliseconds(nanoseconds))"
      }
    }
    return line + "\n"
  }

  private static func milliseconds(_ nanoseconds: Int) -> String {
    let micro = nanoseconds / 1_000
    let rest = String(micro % 1_000)
    return "\(micro / 1_000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"" where quotes: out += "\\\""
      case "\\" where quotes: out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let hex = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  /// This moment in UTC, as RFC 3339 writes it.
  private static func now() -> String {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    let milliseconds = Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    var text: [UInt8] = []
    Column(.dateTime64(precision: 3, zone: "UTC"), of: [.int(milliseconds)])
      .writeText(row: 0, style: .raw, into: &text)
    return String(decoding: text, as: UTF8.self).split(separator: " ").joined(separator: "T") + "Z"
  }
}
