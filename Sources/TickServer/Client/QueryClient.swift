/// A blocking client for one statement over HTTP: what `tickbase sql --url` needs, and no more. Imports go beside it.
///
/// Invariants:
/// 1. Result bytes go to the caller as they come; at most one read and the bytes of one late error are held.
/// 2. A result that ends without its end is an error, whatever its status said.
import Glibc

/// Why a statement brought no whole result.
public enum ClientError: Error, Hashable, Sendable {
  case badURL(String)
  case cannotConnect(String)
  /// The server said so, in ClickHouse's frame.
  case refused(String)
  /// The connection or the server's HTTP is broken.
  case broken(String)
  /// The receiver of the result wants no more.
  case outputClosed

  /// One sentence: what, where, and what to do.
  public var sentence: String {
    switch self {
    case .badURL(let text): text
    case .cannotConnect(let text): text
    case .refused(let text): text
    case .broken(let text): text
    case .outputClosed: "the receiver of the result closed it"
    }
  }
}

public struct QueryClient: Sendable {
  private let host: String
  private let port: String
  let path: String
  private let authorization: String?

  /// Takes `http://[user[:password]@]host[:port][/path]`.
  public init(url: String) throws(ClientError) {
    let scheme = "http://"
    guard url.hasPrefix(scheme) else {
      throw .badURL("'\(url)' is not a URL of a server here; write http://HOST:PORT")
    }
    let rest = url.dropFirst(scheme.count)
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    var authority = rest[..<slash]
    path = slash == rest.endIndex ? "/" : String(rest[slash...])
    if let at = authority.lastIndex(of: "@") {
      authorization = base64Encoded(Array(authority[..<at].utf8))
      authority = authority[authority.index(after: at)...]
    } else {
      authorization = nil
    }
    let bare = HostList.host(of: String(authority))
    let isClean = !rest.utf8.contains { $0 <= 0x20 || $0 == UInt8(ascii: "?") }
    guard let bare, isClean else {
      throw .badURL("'\(url)' is not a URL of a server here; write http://HOST:PORT")
    }
    host = bare
    let afterHost = authority.hasSuffix("]") ? "" : authority.split(separator: ":").last ?? ""
    port = authority.contains(":") && !afterHost.isEmpty ? String(afterHost) : "8123"
  }

  /// Sends one statement and hands the result to `output` piece by piece.
  public func run(
    _ statement: String, format: String?, output: ([UInt8]) throws(ClientError) -> Void
  ) throws(ClientError) {
    let socket = try connect()
    defer { _ = Glibc.close(socket) }
    let body = Array(statement.utf8)
    var fields = "Content-Length: \(body.count)\r\n"
    if let format { fields += "X-ClickHouse-Format: \(Framing.safe(format))\r\n" }
    // A server that refuses early closes before it has read all; its answer is worth more than our error.
    let sendFailure = sendAll(Array(head(path, fields).utf8) + body, to: socket)

    var reader = ResponseReader(socket: socket)
    do throws(ClientError) {
      try read(&reader, output)
    } catch .broken(let text) {
      throw .broken(sendFailure ?? text)
    }
  }

  var hostHeader: String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  /// The head of a POST; `fields` are further header lines.
  func head(_ target: String, _ fields: String) -> String {
    var head = "POST \(target) HTTP/1.1\r\nHost: \(hostHeader)\r\nUser-Agent: tickbase\r\n"
    head += "Connection: close\r\n" + fields
    if let authorization { head += "Authorization: Basic \(authorization)\r\n" }
    return head + "\r\n"
  }

  /// What an answer says that is no result.
  func refusal(
    _ head: ResponseReader.Head, _ reader: inout ResponseReader
  ) throws(ClientError) -> String {
    var text: [UInt8] = []
    while text.count < 1 << 20, let piece = try reader.body() { text += piece }
    let sentence = String(decoding: text, as: UTF8.self)
    return sentence.isEmpty
      ? "the server at \(hostHeader) answered with status \(head.status)" : sentence
  }

  private func read(
    _ reader: inout ResponseReader, _ output: ([UInt8]) throws(ClientError) -> Void
  ) throws(ClientError) {
    let head = try reader.head()
    guard head.status == 200, head.fields["x-clickhouse-exception-code"] == nil else {
      throw .refused(try refusal(head, &reader))
    }
    let tag = head.fields["x-clickhouse-exception-tag"] ?? ""
    // The last bytes are held back: an error that came late stands there, behind the rows.
    var tail: [UInt8] = []
    do throws(ClientError) {
      while let piece = try reader.body() {
        tail += piece
        if tail.count > ResponseStream.exceptionBlockBytesMax {
          let free = tail.count - ResponseStream.exceptionBlockBytesMax
          try output(Array(tail[..<free]))
          tail.removeFirst(free)
        }
      }
    } catch .broken(let text) {
      guard let late = lateError(tail, tag: tag) else { throw .broken(text) }
      try output(Array(tail[..<late.start]))
      throw .refused(late.message)
    }
    if let late = lateError(tail, tag: tag) {
      // HTTP/1.0 answers through a proxy end whole even after an error.
      try output(Array(tail[..<late.start]))
      throw .refused(late.message)
    }
    try output(tail)
  }

  /// Finds the block that ClickHouse's protocol appends when a result fails on the way.
  func lateError(_ tail: [UInt8], tag: String) -> (start: Int, message: String)? {
    let opening = Array("\r\n__exception__\r\n\(tag)\r\n".utf8)
    let closing = Array(" \(tag)\r\n__exception__\r\n".utf8)
    guard !tag.isEmpty, tail.suffix(closing.count).elementsEqual(closing) else { return nil }
    var position = tail.count - closing.count
    var length = 0
    var scale = 1
    while position > 0, let digit = Int(String(UnicodeScalar(tail[position - 1]))),
      scale < 1_000_000
    {
      length += digit * scale
      scale *= 10
      position -= 1
    }
    let start = position - length - opening.count
    guard length > 0, start >= 0, tail[start...].starts(with: opening) else { return nil }
    return (start, String(decoding: tail[(position - length)..<position], as: UTF8.self))
  }

  // MARK: Sockets

  func connect() throws(ClientError) -> Int32 {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let status = unsafe getaddrinfo(host, port, &hints, &list)
    guard status == 0 else {
      let reason = unsafe String(cString: gai_strerror(status))
      throw .cannotConnect("cannot connect to \(hostHeader): \(reason)")
    }
    defer { unsafe freeaddrinfo(list) }
    var reason = "it has no address"
    var next = unsafe list
    while let entry = unsafe next?.pointee {
      let socket = unsafe Glibc.socket(entry.ai_family, entry.ai_socktype, entry.ai_protocol)
      if socket >= 0 {
        if unsafe Glibc.connect(socket, entry.ai_addr, entry.ai_addrlen) == 0 { return socket }
        reason = systemSentence(errno)
        _ = Glibc.close(socket)
      } else {
        reason = systemSentence(errno)
      }
      unsafe next = entry.ai_next
    }
    throw .cannotConnect(
      "cannot connect to \(hostHeader): \(reason); is the server running there?")
  }

  /// Nil when all went out.
  func sendAll(_ bytes: [UInt8], to socket: Int32) -> String? {
    var from = 0
    while from < bytes.count {
      let sent = unsafe bytes[from...].withUnsafeBytes {
        unsafe send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if sent < 0 {
        if errno == EINTR { continue }
        return "sending to \(hostHeader) failed: \(systemSentence(errno))"
      }
      from += sent
    }
    return nil
  }
}

func base64Encoded(_ bytes: [UInt8]) -> String {
  let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var out: [UInt8] = []
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let group = bytes[start..<min(start + 3, bytes.count)]
    var bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    bits <<= UInt32(8 * (3 - group.count))
    for index in 0..<4 {
      out.append(
        index <= group.count
          ? digits[Int(bits >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "="))
    }
  }
  return String(decoding: out, as: UTF8.self)
}
