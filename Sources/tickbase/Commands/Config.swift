import ArgumentParser
import Glibc
import TickSQL

struct Config: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show and explain the configuration of a server.",
    discussion: """
      A value comes from a flag of `serve`, else from an environment variable (TICKBASE_HTTP_LISTEN for \
      http.listen), else from the file that --config or TICKBASE_CONFIG names, or \
      \(Configuration.standardPath), else it is the default.
      """,
    subcommands: [Show.self, Explain.self])

  struct File: ParsableArguments {
    @Option(help: "Configuration file.")
    var config: String?

    func load() throws(Failure) -> Configuration {
      try Configuration.load(path: config, environment: Console.environment)
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print every value and where it came from, as a file that could be read again.")

    @OptionGroup var file: File

    func run() throws {
      let configuration = try file.load()
      _ = try configuration.accounts()
      for line in configuration.lines { Console.line(line) }
    }
  }

  struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print what a key is for, its value, its default and where it can be set.")

    @OptionGroup var file: File

    @Argument(help: "The key, for example http.listen or users.alice.password.")
    var key: String

    func run() throws {
      let configuration = try file.load()
      guard let known = ConfigurationKey.matching(key) else {
        let near = nearestName(key, among: ConfigurationKey.all.map(\.name))
        throw Failure(
          .usage,
          "there is no configuration key '\(key)'"
            + (near.map { "; did you mean '\($0)'?" } ?? "; `tickbase config show` lists them"))
      }
      let entry = configuration[key]
      var lines = [
        key, "  " + known.summary, "  value: \(entry.shown)", "  from: \(entry.origin.text)",
        "  default: \(known.defaultValue.isEmpty ? "none" : known.defaultValue)",
        "  environment variable: \(ConfigurationKey.variable(of: key))",
      ]
      if let flag = known.flag { lines.append("  flag: \(flag)") }
      for line in lines { Console.line(line) }
    }
  }
}

extension Configuration.Entry {
  /// The value for people: a secret is not told.
  var shown: String {
    switch key.kind {
    case .secret, .hash: origin == .standard ? "none" : "(hidden)"
    case .list: "[\(values.map(Self.quoted).joined(separator: ", "))]"
    case .text, .path, .number: values.isEmpty ? "none" : Self.quoted(value)
    }
  }

  /// Plain where YAML reads it back as the same text.
  private static func quoted(_ text: String) -> String {
    let isPlain =
      !text.isEmpty
      && text.unicodeScalars.allSatisfy {
        $0.properties.isAlphabetic || ("0"..."9").contains($0)
          || "_./:+-".unicodeScalars.contains($0)
      } && text.first != "-" && text.last != ":"
    return isPlain
      ? text
      : "'\(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'"
  }
}

extension Configuration {
  /// The whole configuration as YAML; where a value came from stands behind it.
  var lines: [String] {
    var names = Set(entries.keys)
    names.formUnion(ConfigurationKey.all.map(\.name).filter { !$0.contains("*") })
    var lines: [String] = []
    var open: [String] = []
    for name in names.sorted() {
      let parts = name.split(separator: ".").map(String.init)
      var depth = zip(open, parts.dropLast()).prefix { $0 == $1 }.count
      while depth < parts.count - 1 {
        lines.append(String(repeating: "  ", count: depth) + parts[depth] + ":")
        depth += 1
      }
      open = Array(parts.dropLast())
      let entry = self[name]
      lines.append(
        String(repeating: "  ", count: depth)
          + "\(parts[depth]): \(entry.shown)  # \(entry.origin.text)")
    }
    return lines
  }
}
