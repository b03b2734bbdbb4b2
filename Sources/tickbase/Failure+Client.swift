/// What a command that asked a server says when that failed.
import TickServer

extension Failure {
  init(_ error: ClientError, of url: String) {
    switch error {
    case .badURL: self.init(.usage, error.sentence)
    case .cannotConnect: self.init(.cannotConnect, error.sentence)
    case .refused(let text): self.init(.failed, Self.plain(text))
    case .broken, .outputClosed: self.init(.failed, "\(url): \(error.sentence)")
    }
  }

  static func plain(_ text: String) -> String {
    let (message, label) = parts(text)
    return label.isEmpty ? message : "\(message) (\(label))"
  }

  /// Takes ClickHouse's frame off an error, `Code: 60. DB::Exception: text (NAME) (version ...)`: its text, and its name
  /// and code. The label is empty where the frame is another.
  static func parts(_ text: String) -> (message: String, label: String) {
    let start = "DB::Exception: "
    guard text.hasPrefix("Code: "), let range = text.firstRange(of: start) else {
      return (text, "")
    }
    let number = text.dropFirst("Code: ".count).prefix { $0.isNumber }
    var message = text[range.upperBound...]
    while message.last == "\n" { message.removeLast() }
    if message.hasSuffix("(official build))"), let cut = message.range(ofLast: " (version ") {
      message = message[..<cut]
    }
    if message.hasSuffix(")"), let cut = message.range(ofLast: " (") {
      let name = message[cut...].dropFirst(2).dropLast()
      return (String(message[..<cut]), "\(name), code \(number)")
    }
    return (String(message), "")
  }
}

extension Substring {
  /// Where the last occurrence of `text` begins.
  fileprivate func range(ofLast text: String) -> Index? {
    ranges(of: text).last?.lowerBound
  }
}
