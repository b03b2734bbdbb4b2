/// The configuration of a server: flags before environment before file before defaults.
///
/// Invariants:
/// 1. A key that does not exist is an error with its place and the nearest name, wherever it stands.
/// 2. Every value knows where it came from; a secret is never shown.
/// 3. What is wrong is said before anything is opened or listened on.
import Glibc
import TickColumns
import TickEngine
import TickServer
import TickSQL

struct Configuration: Sendable {
  enum Origin: Sendable, Hashable {
    case standard
    case file(String, line: Int)
    case variable(String)
    case flag(String)

    var text: String {
      switch self {
      case .standard: "default"
      case .file(let path, let line): "\(path):\(line)"
      case .variable(let name): "environment variable \(name)"
      case .flag(let name): "flag \(name)"
      }
    }
  }

  struct Entry: Sendable {
    let key: ConfigurationKey
    var values: [String]
    var origin: Origin

    var value: String { values.joined(separator: ",") }
  }

  /// Where a configuration lies when nobody says where.
  static let standardPath = "/etc/tickbase/tickbase.yaml"
  static let pathVariable = "TICKBASE_CONFIG"

  /// What was set, by dotted name.
  private(set) var entries: [String: Entry] = [:]

  /// Reads file and environment. Throws a `Failure` of usage with the place of what is wrong.
  static func load(path: String?, environment: [String: String]) throws(Failure) -> Configuration {
    var configuration = Configuration()
    let named = path ?? environment[pathVariable]
    if let named {
      try configuration.read(file: named)
    } else if unsafe access(standardPath, R_OK) == 0 {
      try configuration.read(file: standardPath)
    }
    try configuration.read(environment: environment)
    return configuration
  }

  mutating func set(flag: String, _ name: String, _ value: String?) throws(Failure) {
    guard let value else { return }
    try set(name, [value], .flag(flag))
  }

  subscript(name: String) -> Entry {
    if let entry = entries[name] { return entry }
    guard let key = ConfigurationKey.matching(name) else {
      preconditionFailure("there is no configuration key '\(name)'")
    }
    return Entry(key: key, values: [key.defaultValue].filter { !$0.isEmpty }, origin: .standard)
  }

  // MARK: File

  private mutating func read(file path: String) throws(Failure) {
    let text = try Self.bytes(of: path, most: YAMLDocument.bytesMax)
    let root: YAMLNode
    do throws(YAMLError) {
      root = try YAMLDocument.parse(text)
    } catch {
      throw Failure(.usage, "\(path):\(error.line): \(error.sentence)")
    }
    try take(root, at: [], path)
  }

  private mutating func take(
    _ node: YAMLNode, at place: [String], _ path: String
  ) throws(Failure) {
    let name = place.joined(separator: ".")
    if ConfigurationKey.matching(name) != nil {
      let values: [String]
      switch node.content {
      case .scalar(let text): values = [text]
      case .sequence(let items):
        values = try items.map { (item) throws(Failure) in
          guard case .scalar(let text) = item.content else {
            throw Failure(.usage, "\(path):\(item.line): an entry of \(name) must be one word")
          }
          return text
        }
      case .mapping:
        throw Failure(.usage, "\(path):\(node.line): \(name) is one value, not a section")
      }
      try set(name, values, .file(path, line: node.line))
      return
    }
    switch node.content {
    case .mapping(let pairs):
      for pair in pairs {
        let inner = place + [pair.key]
        guard
          !pair.key.contains("."),
          ConfigurationKey.matching(inner.joined(separator: ".")) != nil
            || ConfigurationKey.isSection(inner)
        else {
          throw Failure(
            .usage,
            "\(path):\(pair.line): there is no configuration key '\(inner.joined(separator: "."))'"
              + Self.hint(pair.key, below: place))
        }
        try take(pair.value, at: inner, path)
      }
    // `users:` with nothing below it.
    case .scalar("") where !place.isEmpty: break
    case .scalar, .sequence:
      let what = name.isEmpty ? "the file" : name
      throw Failure(
        .usage, "\(path):\(node.line): \(what) is a section; write its keys below it, indented")
    }
  }

  private static func hint(_ word: String, below place: [String]) -> String {
    let names = ConfigurationKey.children(of: place)
    if let near = nearestName(word, among: names) {
      return "; did you mean '\((place + [near]).joined(separator: "."))'?"
    }
    return "; there are \(names.joined(separator: ", "))"
  }

  // MARK: Environment

  private mutating func read(environment: [String: String]) throws(Failure) {
    for (variable, value) in environment.sorted(by: { $0.key < $1.key })
    where variable != Self.pathVariable {
      if let name = ConfigurationKey.name(ofVariable: variable) {
        let isList = if case .list = ConfigurationKey.matching(name)?.kind { true } else { false }
        let values = isList ? value.split(separator: ",").map(String.init) : [value]
        try set(name, values, .variable(variable))
      } else if ConfigurationKey.isMeant(variable: variable) {
        let known = ConfigurationKey.all.map { ConfigurationKey.variable(of: $0.name) }
        throw Failure(
          .usage,
          "environment variable \(variable) sets no configuration key"
            + (nearestName(variable, among: known).map { "; did you mean \($0)?" } ?? ""))
      }
    }
  }

  // MARK: Values

  private mutating func set(_ name: String, _ values: [String], _ origin: Origin) throws(Failure) {
    guard let key = ConfigurationKey.matching(name) else {
      preconditionFailure("there is no configuration key '\(name)'")
    }
    let isList = if case .list = key.kind { true } else { false }
    guard isList || values.count == 1 else {
      throw Failure(.usage, "\(origin.text): \(name) is one value, not a list")
    }
    switch key.kind {
    case .number(let range):
      guard let number = Int(values[0]), range.contains(number) else {
        throw Failure(
          .usage,
          "\(origin.text): \(name) is '\(values[0])', which is not a number from \(range.lowerBound) to \(range.upperBound)"
        )
      }
    case .hash:
      guard Account.PasswordHash(hexadecimal: values[0]) != nil else {
        throw Failure(.usage, "\(origin.text): \(name) is not 64 hexadecimal digits")
      }
    case .text, .path, .list, .secret: break
    }
    entries[name] = Entry(key: key, values: values, origin: origin)
  }

  /// A whole small file.
  static func bytes(of path: String, most: Int) throws(Failure) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Failure(.usage, "\(path) cannot be read: \(unsafe String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw Failure(.usage, "\(path) cannot be read: \(unsafe String(cString: strerror(errno)))")
      }
      guard count > 0 else { return bytes }
      bytes += buffer[..<count]
      guard bytes.count <= most else {
        throw Failure(.usage, "\(path) is longer than \(most) bytes")
      }
    }
  }
}
