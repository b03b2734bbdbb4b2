/// Every key of the configuration: its name, what it may be, its default and what it is for. Help, `config explain`
/// and the checks all come from this list.
struct ConfigurationKey: Sendable {
  enum Kind: Sendable {
    case text
    /// A path of a file or directory.
    case path
    case number(ClosedRange<Int>)
    /// Several words; in an environment variable with commas between.
    case list
    /// Never shown.
    case secret
    /// 64 hexadecimal digits, never shown either.
    case hash
  }

  /// Dotted; a `*` stands for a name that is chosen freely.
  let name: String
  let kind: Kind
  let defaultValue: String
  let summary: String
  /// The flag of `tickbase serve` that stands above it.
  var flag: String?

  static let all: [ConfigurationKey] = [
    ConfigurationKey(
      name: "data.directory", kind: .path, defaultValue: "data",
      summary: "Directory that holds the data; created when it does not exist.", flag: "--data"),
    ConfigurationKey(
      name: "http.listen", kind: .text, defaultValue: "127.0.0.1:8123",
      summary:
        "Address and port to listen on; port 0 takes a free one. Beyond loopback every user needs a password.",
      flag: "--http"),
    ConfigurationKey(
      name: "http.names", kind: .list, defaultValue: "",
      summary:
        "Further host names that requests may be addressed to, as through tunnels and reverse proxies. Asked only while a user has an empty password."
    ),
    ConfigurationKey(
      name: "http.connections", kind: .number(1...100_000), defaultValue: "1024",
      summary: "Connections that may be open at a time; one more is answered with 503."),
    ConfigurationKey(
      name: "http.body_rate", kind: .number(1...1_000_000_000), defaultValue: "1024",
      summary:
        "Bytes a second that the body of a request must bring; one that falls http.body_timeout behind is answered with 408."
    ),
    ConfigurationKey(
      name: "http.body_timeout", kind: .number(1...3600), defaultValue: "30",
      summary:
        "Seconds that the body of a request may fall behind http.body_rate, or not come at all."
    ),
    ConfigurationKey(
      name: "http.body_threads", kind: .number(1...15), defaultValue: "8",
      summary:
        "Of the 16 request threads, how many may wait for the rest of large bodies; further bodies wait for their turn, and are answered with 503 after 30 seconds."
    ),
    ConfigurationKey(
      name: "http.send_timeout", kind: .number(1...3600), defaultValue: "30",
      summary:
        "Seconds for a client to take the next piece of its answer, at most 256 KiB; one that does not is cut off."
    ),
    ConfigurationKey(
      name: "http.slow_readers", kind: .number(1...1000), defaultValue: "64",
      summary:
        "Statements that may wait for slow clients beside the 16 that run, each in a thread of its own; one more ends with code 202 when its client takes nothing for a second."
    ),
    ConfigurationKey(
      name: "http.cors_origins", kind: .list, defaultValue: "",
      summary:
        "Origins, such as https://grafana.example, whose pages may read answers to requests with add_http_cors_header=1, and send POST; * lets pages of any origin read, which without passwords gives every page in a browser here the data."
    ),
    ConfigurationKey(
      name: "http.path_prefix", kind: .text, defaultValue: "",
      summary:
        "Path that a reverse proxy leaves in front of every path, for example /ticks; without it paths are answered too."
    ),
    ConfigurationKey(
      name: "log.format", kind: .text, defaultValue: "auto",
      summary: "text, json, or auto: text on a terminal and JSON lines elsewhere.",
      flag: "--log-format"),
    ConfigurationKey(
      name: "log.level", kind: .text, defaultValue: "info",
      summary:
        "What is written to standard error: debug, info (a line for each statement), warning (those that fail), error (what the server itself suffers) or off.",
      flag: "--log-level"),
    ConfigurationKey(
      name: "storage.merges", kind: .number(0...1), defaultValue: "1",
      summary: "1: segments are merged in the background; 0: only OPTIMIZE merges."),
    ConfigurationKey(
      name: "storage.rest_seconds", kind: .number(1...604_800), defaultValue: "600",
      summary:
        "A partition into which no rows came for so many seconds is at rest: its segments are merged into one order."
    ),
    ConfigurationKey(
      name: "users.*.password", kind: .secret, defaultValue: "", summary: "The user's password."),
    ConfigurationKey(
      name: "users.*.password_file", kind: .path, defaultValue: "",
      summary: "File that holds the user's password; a newline at its end does not count."),
    ConfigurationKey(
      name: "users.*.password_sha256", kind: .hash, defaultValue: "",
      summary: "SHA-256 of the user's password, as 64 hexadecimal digits."),
    ConfigurationKey(
      name: "users.*.database", kind: .text, defaultValue: "default",
      summary: "Database that the user's unqualified names belong to."),
    ConfigurationKey(
      name: "users.*.settings.*", kind: .text, defaultValue: "",
      summary:
        "A ClickHouse setting that the user's statements begin with, for example readonly or max_memory_usage."
    ),
  ]

  private var parts: [String] { name.split(separator: ".").map(String.init) }
  private var isPattern: Bool { name.contains("*") }

  /// The key that a dotted name belongs to; nil when there is none.
  static func matching(_ name: String) -> ConfigurationKey? {
    let given = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    return all.first { key in
      key.parts.count == given.count
        && zip(key.parts, given).allSatisfy { $0 == $1 || $0 == "*" && !$1.isEmpty }
    }
  }

  /// Whether more names may follow these.
  static func isSection(_ prefix: [String]) -> Bool {
    all.contains { $0.parts.count > prefix.count && $0.begins(with: prefix) }
  }

  /// What may stand below these names, for hints.
  static func children(of prefix: [String]) -> [String] {
    var names: [String] = []
    for key in all where key.parts.count > prefix.count && key.begins(with: prefix) {
      let next = key.parts[prefix.count]
      if next != "*", !names.contains(next) { names.append(next) }
    }
    return names
  }

  private func begins(with prefix: [String]) -> Bool {
    zip(parts, prefix).allSatisfy { $0 == $1 || $0 == "*" }
  }

  // MARK: Environment

  static let variablePrefix = "TICKBASE_"

  /// The environment variable of a dotted name.
  static func variable(of name: String) -> String {
    variablePrefix + name.uppercased().split(separator: ".").joined(separator: "_")
  }

  /// The dotted name that a variable sets, chosen names in lower case; nil when it is none of ours.
  static func name(ofVariable variable: String) -> String? {
    guard variable.hasPrefix(variablePrefix) else { return nil }
    let words = variable.dropFirst(variablePrefix.count).lowercased()
    if let key = all.first(where: { !$0.isPattern && variable == Self.variable(of: $0.name) }) {
      return key.name
    }
    for key in all where key.isPattern {
      // Literal pieces around the chosen names, with the underscores that join them.
      let pieces = key.name.split(separator: "*", omittingEmptySubsequences: false).map {
        String($0.map { $0 == "." ? "_" : $0 })
      }
      guard let chosen = Self.chosen(in: words, between: pieces) else { continue }
      var rest = chosen[...]
      return key.parts.map { $0 == "*" ? rest.removeFirst() : $0 }.joined(separator: ".")
    }
    return nil
  }

  /// What stands between the pieces of a text; nil when it is not made of them.
  private static func chosen(in text: String, between pieces: [String]) -> [String]? {
    guard text.hasPrefix(pieces[0]) else { return nil }
    var rest = text.dropFirst(pieces[0].count)
    var names: [String] = []
    for (number, piece) in pieces.enumerated().dropFirst() {
      let isLast = number == pieces.count - 1
      let name: Substring
      if isLast {
        guard rest.hasSuffix(piece) else { return nil }
        name = rest.dropLast(piece.count)
        rest = ""
      } else {
        guard let place = place(of: piece, in: rest) else { return nil }
        name = rest[..<place]
        rest = rest[place...].dropFirst(piece.count)
      }
      guard !name.isEmpty else { return nil }
      names.append(String(name))
    }
    return names
  }

  private static func place(of piece: String, in text: Substring) -> String.Index? {
    text.indices.first { text[$0...].hasPrefix(piece) }
  }

  /// Whether a variable is meant for the configuration though it sets no key: it begins like a section.
  static func isMeant(variable: String) -> Bool {
    children(of: []).contains { variable.hasPrefix(Self.variable(of: $0) + "_") }
  }
}
