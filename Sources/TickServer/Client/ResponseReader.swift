/// Reads one HTTP/1.1 answer from a socket: the head, then the body with its framing taken off.
import Glibc

struct ResponseReader {
  /// Bytes of an answer's head; more is not an answer of this server.
  private static let headBytesMax = 256 << 10

  struct Head {
    var status: Int
    /// By lower-case name; the last of equal names.
    var fields: [String: String]
  }

  private enum Rest {
    case counted(Int)
    case chunked
    /// The end of the connection is the end of the body.
    case untilClosed
    case over
  }

  private let socket: Int32
  private var buffer: [UInt8] = []
  private var position = 0
  private var rest = Rest.over

  init(socket: Int32) {
    self.socket = socket
  }

  mutating func head() throws(ClientError) -> Head {
    while true {
      let statusLine = try line()
      let words = statusLine.split(separator: " ", maxSplits: 2)
      guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
        throw .broken("what answers there does not speak HTTP/1.1")
      }
      var fields: [String: String] = [:]
      var bytes = 0
      while true {
        let text = try line()
        if text.isEmpty { break }
        bytes += text.utf8.count
        guard bytes <= Self.headBytesMax else { throw .broken("the answer's head is too long") }
        guard let colon = text.firstIndex(of: ":") else { continue }
        let value = text[text.index(after: colon)...].drop { $0 == " " }
        fields[text[..<colon].lowercased()] = String(value)
      }
      // Interim answers (100 Continue) come before the one that counts.
      if (100..<200).contains(status) { continue }
      if fields["transfer-encoding"]?.lowercased() == "chunked" {
        rest = .chunked
      } else if let text = fields["content-length"], let length = Int(text), length >= 0 {
        rest = length == 0 ? .over : .counted(length)
      } else {
        rest = .untilClosed
      }
      return Head(status: status, fields: fields)
    }
  }

  /// The next bytes of the body; nil at its end.
  mutating func body() throws(ClientError) -> [UInt8]? {
    switch rest {
    case .over: return nil
    case .untilClosed:
      if position == buffer.count, try !fill() {
        rest = .over
        return nil
      }
      return take(.max)
    case .counted(let length):
      if position == buffer.count, try !fill() { throw Self.cut }
      let bytes = take(length)
      rest = bytes.count == length ? .over : .counted(length - bytes.count)
      return bytes
    case .chunked:
      let size = try line().split(separator: ";").first.map(String.init) ?? ""
      guard let length = Int(size, radix: 16), length >= 0 else {
        throw .broken("the answer's chunks are damaged")
      }
      guard length > 0 else {
        while try !line().isEmpty {}
        rest = .over
        return nil
      }
      var bytes: [UInt8] = []
      while bytes.count < length {
        if position == buffer.count, try !fill() {
          throw Self.cut
        }
        bytes += take(length - bytes.count)
      }
      guard try line().isEmpty else { throw .broken("the answer's chunks are damaged") }
      return bytes
    }
  }

  private static let cut = ClientError.broken(
    "the server closed the connection before the result was whole")

  private mutating func take(_ countMax: Int) -> [UInt8] {
    let end = min(buffer.count - position, countMax) + position
    let bytes = Array(buffer[position..<end])
    position = end
    return bytes
  }

  private mutating func line() throws(ClientError) -> String {
    var bytes: [UInt8] = []
    while true {
      if position == buffer.count, try !fill() { throw Self.cut }
      let byte = buffer[position]
      position += 1
      if byte == UInt8(ascii: "\n") { break }
      bytes.append(byte)
      guard bytes.count <= Self.headBytesMax else {
        throw .broken("a line of the answer is too long")
      }
    }
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Reads more; false at the end of the connection.
  private mutating func fill() throws(ClientError) -> Bool {
    var fresh = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = unsafe fresh.withUnsafeMutableBytes {
        unsafe recv(socket, $0.baseAddress, $0.count, 0)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw .broken("reading the answer failed: \(systemSentence(errno))")
      }
      fresh.removeLast(fresh.count - count)
      buffer = fresh
      position = 0
      return count > 0
    }
  }
}
