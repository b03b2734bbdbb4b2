/// The interactive shell: lines in, answers out, until Ctrl-D.
///
/// Invariants:
/// 1. Ctrl-C ends what is under way, a half typed line, a statement or a wait, and never the shell.
/// 2. A statement runs once its end is typed; what stands behind it waits for its own end.
/// 3. A statement that fails changes nothing of the shell.
import Glibc
import TickColumns
import TickEngine
import TickSQL

/// Confined to the main thread.
final class Shell {
  private static let prompt = "tickbase> "
  private static let continuation = "       -> "

  private let target: any StatementTarget
  private let interrupts: Interrupts
  private let firstFormat: String
  private var editor: LineEditor?
  private var history: ShellHistory
  private var completer: Completer

  /// Lines of the statement that is not yet at its end.
  private var lines: [UInt8] = []
  /// The last statement that ran, for `\watch` and `\e`.
  private var last: (text: [UInt8], isVertical: Bool)?
  private var database = "default"
  private var format: String
  private var isExpanded = false
  private var showsTiming = true
  private var pager = Console.variable("PAGER")
  private var file: (output: PlainOutput, descriptor: Int32)?

  init(
    _ target: any StatementTarget, _ interrupts: Interrupts, format: String?, historyPath: String?
  ) {
    self.target = target
    self.interrupts = interrupts
    firstFormat = format ?? "PrettyCompact"
    self.format = firstFormat
    history = ShellHistory(historyPath)
    completer = Completer(target, interrupts)
  }

  func run() throws(Failure) {
    let editor = LineEditor(wakeDescriptor: interrupts.wakeDescriptor) { [unowned self] line in
      interrupts.whileEditing {
        completer.complete(line, earlier: lines, database: database)
      }
    }
    guard let editor else { throw Failure(.failed, "this terminal cannot be edited on") }
    try checkTarget()
    self.editor = editor
    defer { closeFile() }
    for entry in history.load() { editor.remember(entry) }
    Console.line("tickbase \(Build.version) on \(target.name). \\? for help, Ctrl-D to leave.")
    while !interrupts.wantsEnd {
      interrupts.forget()
      switch editor.read(prompt: lines.isEmpty ? Self.prompt : Self.continuation) {
      case .line(let line): if take(line) { return }
      case .interrupted:
        lines = []
        Console.line("^C")
      case .end:
        Console.line("")
        return
      }
    }
    throw Failure(.interrupted)
  }

  /// Says at once what would be said at the first statement.
  private func checkTarget() throws(Failure) {
    let call = StatementCall(text: Array("SELECT 1".utf8), format: "TabSeparated")
    do throws(StatementFailure) {
      _ = try target.run(call, CollectedOutput(), interrupts)
    } catch {
      switch error {
      case .target(let failure): throw failure
      case .refused(let message, let label): throw Failure(.failed, "\(message) (\(label))")
      case .cancelled, .outputClosed: throw Failure(.interrupted)
      }
    }
  }

  /// Takes a line; true when it is the last.
  private func take(_ line: String) -> Bool {
    if lines.isEmpty, line.allSatisfy(\.isWhitespace) { return false }
    let isSQL = !lines.isEmpty && Script.endsInsideText(lines)
    if !isSQL, let command = ShellCommand(line, atStart: lines.isEmpty) {
      remember(line)
      return perform(command)
    }
    lines += Array(line.utf8) + [0x0A]
    runWhole()
    return false
  }

  /// Runs the statements whose ends are typed.
  private func runWhole() {
    var position = 0
    while let piece = Script.piece(in: lines, from: position), piece.isComplete {
      if position == 0 { remember(trimmed(lines)) }
      position = piece.next
      let text = Array(lines[piece.range])
      last = (text, piece.isVertical)
      guard ask(text, isVertical: piece.isVertical) else {
        position = lines.count
        break
      }
    }
    lines.removeFirst(position)
    if Script.piece(in: lines, from: 0) == nil, !Script.endsInsideText(lines) { lines = [] }
  }

  private func trimmed(_ text: [UInt8]) -> String {
    var text = text[...]
    while let byte = text.last, byte <= 0x20 { text.removeLast() }
    return String(decoding: text, as: UTF8.self)
  }

  private func remember(_ entry: String) {
    // A NUL would end the entry for libedit and not for us.
    guard !entry.isEmpty, !entry.utf8.contains(0) else { return }
    editor?.remember(entry)
    history.append(entry)
  }

  // MARK: Statements

  /// Runs a statement and shows its answer; false when it failed.
  private func ask(_ text: [UInt8], isVertical: Bool = false, format named: String? = nil) -> Bool {
    let call = StatementCall(
      text: text,
      format: named ?? (isVertical != isExpanded ? "Vertical" : format),
      isForScreen: file == nil)
    let progress = ProgressLine { [target, id = call.queryID] in
      target.figures(ofRunning: id)
    }
    let screen = ScreenOutput(pager: pager, progress: progress, interrupts)
    let began = Console.ticks()
    do throws(StatementFailure) {
      let figures = try target.run(call, file?.output ?? screen, interrupts)
      let seconds = Double(Console.ticks() - began) / 1e9
      screen.finish()
      Console.line(Self.figures(figures, seconds: showsTiming ? seconds : nil))
      if !isReading(text) {
        completer.forget()
        learnDatabase()
      }
      return true
    } catch {
      screen.finish()
      switch error {
      case .cancelled: Console.error("cancelled")
      case .outputClosed:
        guard let failure = file?.output.failure else { return true }  // The pager was left.
        Console.error("cannot write the answer: \(failure)")
      case .target(let failure): Console.error(failure.sentence ?? "failed")
      case .refused(let message, let label):
        let excerpt = ErrorExcerpt(
          message, label: label, statement: text, columns: Console.screenSize.columns)
        Console.error(excerpt.text)
      }
      return false
    }
  }

  /// `3 rows, 9,738 read, 0.004 s`.
  static func figures(_ figures: QuerySummary, seconds: Double?) -> String {
    func rows(_ count: Int) -> String { "\(FigureText.count(count)) row\(count == 1 ? "" : "s")" }
    var parts: [String] = []
    if figures.resultRows > 0 || figures.resultBytes > 0 { parts.append(rows(figures.resultRows)) }
    if figures.writtenRows > 0 { parts.append("\(rows(figures.writtenRows)) written") }
    if figures.readRows > 0 { parts.append("\(FigureText.count(figures.readRows)) read") }
    if parts.isEmpty { parts.append("done") }
    if let seconds { parts.append(FigureText.seconds(seconds)) }
    return parts.joined(separator: ", ")
  }

  private func firstWord(_ text: [UInt8]) -> String {
    String(decoding: text.prefix { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A }, as: UTF8.self)
      .uppercased()
  }

  /// Whether names stay what they are.
  private func isReading(_ text: [UInt8]) -> Bool {
    ["SELECT", "WITH", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS"].contains(firstWord(text))
  }

  /// Asks which database is current now.
  private func learnDatabase() {
    let rows = target.rows("SELECT currentDatabase()", interrupts, ofSession: true)
    database = rows?.first?.first ?? database
  }

  // MARK: Commands

  /// Does what a command says; true when it was to leave.
  private func perform(_ command: ShellCommand) -> Bool {
    switch command {
    case .quit: return true
    case .help: Console.line(ShellCommand.helpText)
    case .describe(let name): describe(name)
    case .databases: _ = ask(Array("SHOW DATABASES".utf8), format: "PrettyCompact")
    case .use(let name):
      if ask(Array("USE \(name)".utf8)) { Console.line("database \(database)") }
    case .expand:
      isExpanded.toggle()
      Console.line("a row per column: \(isExpanded ? "on" : "off")")
    case .timing:
      showsTiming.toggle()
      Console.line("timing: \(showsTiming ? "on" : "off")")
    case .format(let name):
      format = name ?? firstFormat
      Console.line("format \(format)")
    case .output(let path): writeAnswers(to: path)
    case .pager(let command):
      pager = command == "off" ? nil : command ?? Console.variable("PAGER")
      Console.line("pager: \(pager ?? "off")")
    case .edit: edit()
    case .watch(let seconds): watch(every: seconds)
    case .discard: lines = []
    case .wrong(let sentence): Console.error(sentence)
    }
    return false
  }

  private func describe(_ name: String?) {
    guard let name else {
      let query =
        "SELECT name, engine, sorting_key, total_rows, formatReadableSize(total_bytes) AS size "
        + "FROM system.tables WHERE database = \(quoted(database)) ORDER BY name"
      _ = ask(Array(query.utf8), format: "PrettyCompact")
      return
    }
    let parts = name.split(separator: ".", maxSplits: 1).map { part in
      part.filter { $0 != "`" && $0 != "\"" }
    }
    guard let table = parts.last else { return }
    let home = parts.count > 1 ? parts[0] : database
    let query =
      "SELECT name, type, compression_codec AS codec, "
      + "if(is_in_sorting_key, 'yes', '') AS sorts, if(is_in_partition_key, 'yes', '') AS divides "
      + "FROM system.columns WHERE database = \(quoted(home)) AND table = \(quoted(table)) "
      + "ORDER BY position"
    // A table that is not there is told by who knows the names that are near.
    let check = "DESCRIBE TABLE `\(home)`.`\(table)` FORMAT Null"
    let call = StatementCall(text: Array(check.utf8), format: "Null")
    do throws(StatementFailure) {
      _ = try target.run(call, CollectedOutput(), interrupts)
    } catch {
      if case .refused(let message, let label) = error {
        Console.error(ErrorExcerpt(message, label: label, statement: []).text)
        return
      }
    }
    _ = ask(Array(query.utf8), format: "PrettyCompact")
  }

  private func quoted(_ text: String) -> String {
    "'" + text.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "'"
  }

  private func writeAnswers(to path: String?) {
    closeFile()
    guard let path else {
      Console.line("answers go to the screen")
      return
    }
    var full = path
    if path.hasPrefix("~/"), let home = Console.variable("HOME") { full = home + path.dropFirst() }
    let descriptor = unsafe open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      Console.error("cannot write \(full): \(systemReason())")
      return
    }
    file = (PlainOutput(descriptor), descriptor)
    Console.line("answers go to \(full)")
  }

  private func closeFile() {
    if let file { close(file.descriptor) }
    file = nil
  }

  /// The statement that is typed, or else the last one.
  private var current: [UInt8]? { lines.isEmpty ? last?.text : lines }

  private func edit() {
    var path = Array((Console.variable("TMPDIR") ?? "/tmp").utf8CString.dropLast())
    path += Array("/tickbase-XXXXXX.sql".utf8CString)
    let descriptor = unsafe mkstemps(&path, 4)
    let name = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard descriptor >= 0 else {
      Console.error("cannot write \(name): \(systemReason())")
      return
    }
    defer { _ = unsafe unlink(name) }
    var text = current ?? []
    if !text.isEmpty, lines.isEmpty { text += Array(";\n".utf8) }
    let isWritten = Console.write(text, to: descriptor)
    close(descriptor)
    let command = Console.variable("VISUAL") ?? Console.variable("EDITOR") ?? "vi"
    guard isWritten, let program = ChildProgram(shell: "\(command) \"$1\"", argument: name),
      waits(for: program)
    else {
      Console.error("\(command) did not edit the statement")
      return
    }
    guard let file = try? FileBytes(path: name) else { return }
    lines = []
    while let piece = try? file.next(), !piece.isEmpty { lines += piece }
    if lines.last != 0x0A { lines.append(0x0A) }
    _ = Console.write(lines, to: STDOUT_FILENO)
    runWhole()
  }

  /// Waits while another program has the terminal; true when it ended well.
  private func waits(for program: ChildProgram) -> Bool {
    interrupts.ignore(true)
    defer { interrupts.ignore(false) }
    return program.wait()
  }

  private func watch(every seconds: Double) {
    guard
      let text = current.map({ text in
        Script.piece(in: text, from: 0).map { Array(text[$0.range]) } ?? []
      }), !text.isEmpty
    else {
      Console.error("there is no statement to watch; run one first")
      return
    }
    lines = []
    repeat {
      guard ask(text, isVertical: last?.isVertical ?? false) else { return }
    } while interrupts.wait(seconds: seconds)
    Console.line("^C")
  }
}
