/// What a line of the shell asks for that is no SQL: `\d trades`.
enum ShellCommand: Hashable {
  case help
  case quit
  case describe(String?)
  case databases
  case use(String)
  case expand
  case timing
  case format(String?)
  case output(String?)
  case pager(String?)
  case edit
  case watch(seconds: Double)
  case discard
  case wrong(String)

  /// Each command with what it does, in the order of the help.
  static let table: [(name: String, argument: String, summary: String)] = [
    ("\\?", "", "this list"),
    ("\\d", "[table]", "tables of the database, or columns of a table"),
    ("\\l", "", "databases"),
    ("\\c", "database", "where names without a database belong"),
    ("\\x", "", "a row per column, or as before"),
    ("\\format", "[name]", "format of the answers; without a name as at first"),
    ("\\timing", "", "say how long a statement took, or not"),
    ("\\o", "[file]", "answers into a file; without a name to the screen again"),
    ("\\pager", "[command | off]", "what shows answers longer than the screen; first $PAGER"),
    ("\\e", "", "edit the statement in $VISUAL or $EDITOR, then run it"),
    ("\\watch", "[seconds]", "the statement again and again, until Ctrl-C"),
    ("\\r", "", "forget the lines of an unfinished statement"),
    ("\\q", "", "leave; Ctrl-D as well"),
  ]

  static var helpText: String {
    var text = "A statement ends with ; or with \\G, which shows a row per column. Tab completes.\n"
    let width = table.map { $0.name.count + $0.argument.count + 1 }.max() ?? 0
    for (name, argument, summary) in table {
      let call = argument.isEmpty ? name : "\(name) \(argument)"
      text += "  \(call)\(String(repeating: " ", count: width - call.count))  \(summary)\n"
    }
    return text
  }

  /// Nil where the line is SQL. Words that leave other shells leave this one, at the beginning of a statement.
  init?(_ line: String, atStart: Bool) {
    var text = Substring(line)
    while let last = text.last, last.isWhitespace || last == ";" { text.removeLast() }
    text = text.drop { $0.isWhitespace }
    guard text.hasPrefix("\\") else {
      guard atStart else { return nil }
      switch text.lowercased() {
      case "exit", "quit", "logout": self = .quit
      case "help": self = .help
      default: return nil
      }
      return
    }
    let name = text.prefix { !$0.isWhitespace }
    let rest = text.dropFirst(name.count).drop { $0.isWhitespace }
    let argument = rest.isEmpty ? nil : String(rest)
    switch name {
    case "\\?", "\\h", "\\help": self = .help
    case "\\q", "\\quit": self = .quit
    case "\\d", "\\dt": self = .describe(argument)
    case "\\l": self = .databases
    case "\\c":
      self = argument.map { .use($0) } ?? .wrong("\\c needs the name of a database")
    case "\\x": self = .expand
    case "\\timing": self = .timing
    case "\\format": self = .format(argument)
    case "\\o": self = .output(argument)
    case "\\pager": self = .pager(argument)
    case "\\e": self = .edit
    case "\\r": self = .discard
    case "\\watch":
      guard let seconds = Double(argument ?? "2"), (0.1...86_400).contains(seconds) else {
        self = .wrong("\\watch needs a number of seconds from 0.1 to 86400")
        return
      }
      self = .watch(seconds: seconds)
    default:
      let near = Self.table.map(\.name).filter { $0.hasPrefix(name.prefix(2)) }
      self = .wrong(
        "\(name) is no command of this shell; "
          + (near.isEmpty ? "\\? lists them" : "perhaps \(near.joined(separator: " or "))"))
    }
  }
}
