/// A blocking client for one statement over HTTP: what `tickbase sql --url` needs, and no more. Imports go beside it.
///
/// Invariants:
/// 1. Result bytes go to the caller as they come; at most one read and the bytes of one late error are held.
/// 2. A result that ends without its end is an error, whatever its status said.
import Glibc
public import TickEngine

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

/// Who asks, from several places.
public struct ClientCredentials: Sendable {
  /// Given for this call; a URL that says it too is refused.
  public var user: String?
  public var password: String?
  /// What holds where nothing else says it.
  public var userElse: String?
  public var passwordElse: String?

  public init() {}
}

public struct QueryClient: Sendable {
  private let host: String
  private let port: String
  let path: String
  private let authorization: String?

  /// Takes `http://[user[:password]@]host[:port][/path]`.
  public init(
    url: String, _ credentials: ClientCredentials = ClientCredentials()
  ) throws(ClientError) {
    let scheme = "http://"
    guard url.hasPrefix(scheme) else {
      throw .badURL("'\(url)' is not a URL of a server here; write http://HOST:PORT")
    }
    let rest = url.dropFirst(scheme.count)
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    var authority = rest[..<slash]
    path = slash == rest.endIndex ? "/" : String(rest[slash...])
    var named = Substring()
    if let at = authority.lastIndex(of: "@") {
      named = authority[..<at]
      authority = authority[authority.index(after: at)...]
    }
    authorization = try Self.authorization(named, credentials)
    let bare = HostList.host(of: String(authority))
    let isClean = !rest.utf8.contains { $0 <= 0x20 || $0 == UInt8(ascii: "?") }
    guard let bare, isClean else {
      throw .badURL("'\(url)' is not a URL of a server here; write http://HOST:PORT")
    }
    host = bare
    let afterHost = authority.hasSuffix("]") ? "" : authority.split(separator: ":").last ?? ""
    port = authority.contains(":") && !afterHost.isEmpty ? String(afterHost) : "8123"
  }

  /// What Basic authentication sends; nil where nobody says who asks.
  private static func authorization(
    _ named: Substring, _ credentials: ClientCredentials
  ) throws(ClientError) -> String? {
    let parts = named.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let urlUser = parts.first.flatMap { $0.isEmpty ? nil : String($0) }
    let urlPassword = parts.count > 1 ? String(parts[1]) : nil
    guard urlUser == nil || credentials.user == nil else {
      throw .badURL("the URL names a user, and so does --user; leave one out")
    }
    guard urlPassword == nil || credentials.password == nil else {
      throw .badURL("the URL holds a password, and --password is given too; leave one out")
    }
    let user = urlUser ?? credentials.user ?? credentials.userElse
    let password = urlPassword ?? credentials.password ?? credentials.passwordElse
    if user == nil, password == nil { return nil }
    guard user?.contains(":") != true else {
      throw .badURL("the name of a user cannot hold a ':', which divides it from the password")
    }
    return base64Encoded(Array("\(user ?? "default"):\(password ?? "")".utf8))
  }

  /// Sends one statement and hands the result to `output` piece by piece.
  public func run(
    _ statement: String, format: String?, output: ([UInt8]) throws(ClientError) -> Void
  ) throws(ClientError) {
    _ = try run(RemoteStatement(Array(statement.utf8), format: format), output: output)
  }

  /// Sends one statement and hands the result to `output` piece by piece.
  ///
  /// Returns the figures that the answer's head tells: those of the whole statement where the server held the result
  /// until it ended. Throws `broken` when `cut` cut the connection.
  public func run(
    _ statement: RemoteStatement, cut: ConnectionCut? = nil,
    output: ([UInt8]) throws(ClientError) -> Void
  ) throws(ClientError) -> QuerySummary {
    let socket = try connect()
    defer { _ = Glibc.close(socket) }
    if let cut, !cut.begin(socket) { throw .broken("the connection was cut") }
    defer { cut?.end() }
    var fields = ""
    if let format = statement.format {
      fields += "X-ClickHouse-Format: \(Framing.safe(format))\r\n"
    }
    // A server that refuses early closes before it has read all; its answer is worth more than our error.
    let sendFailure = try send(statement, fields, to: socket)

    var reader = ResponseReader(socket: socket)
    do throws(ClientError) {
      return try read(&reader, output)
    } catch .broken(let text) {
      throw .broken(sendFailure ?? text)
    }
  }

  private func send(
    _ statement: RemoteStatement, _ fields: String, to socket: Int32
  ) throws(ClientError) -> String? {
    let query = statement.parameters.map { "\($0.name)=\(percentEncoded($0.value))" }
    let target = path + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    guard let input = statement.input else {
      let length = "Content-Length: \(statement.text.count)\r\n"
      return sendAll(Array(head(target, fields + length).utf8) + statement.text, to: socket)
    }
    // Data begins on a line of its own.
    var first: [UInt8]? = statement.text + [0x0A]
    return try sendChunks(head(target, fields + "Transfer-Encoding: chunked\r\n"), to: socket) {
      () throws(ClientError) in
      if let text = first {
        first = nil
        return text
      }
      do throws(EngineError) {
        return try input.next() ?? []
      } catch {
        throw .refused(error.message)
      }
    }
  }

  /// Sends a head and a body in chunks until `next` gives no more bytes, or an answer comes early. Returns why not all
  /// went out; nil when it did.
  func sendChunks(
    _ head: String, to socket: Int32, _ next: () throws(ClientError) -> [UInt8]
  ) throws(ClientError) -> String? {
    if let failure = sendAll(Array(head.utf8), to: socket) { return failure }
    while true {
      let piece = try next()
      if hasAnswer(socket) { return nil }
      // A chunk of no bytes ends the body.
      let size = Array((String(piece.count, radix: 16) + "\r\n").utf8)
      let end = Array("\r\n".utf8)
      if let failure = sendAll(size + piece + end, to: socket) { return failure }
      if piece.isEmpty { return nil }
    }
  }

  private func hasAnswer(_ socket: Int32) -> Bool {
    var state = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&state, 1, 0) > 0
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
  ) throws(ClientError) -> QuerySummary {
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
    return QuerySummary(summaryHeader: head.fields["x-clickhouse-summary"] ?? "")
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

  /// How long connecting may take; Linux takes the bound of sending for it.
  private static let connectSecondsMax = 10

  private func setSendTimeout(_ socket: Int32, seconds: Int) {
    var time = timeval(tv_sec: seconds, tv_usec: 0)
    _ = unsafe setsockopt(
      socket, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
  }

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
        setSendTimeout(socket, seconds: Self.connectSecondsMax)
        if unsafe Glibc.connect(socket, entry.ai_addr, entry.ai_addrlen) == 0 {
          setSendTimeout(socket, seconds: 0)
          return socket
        }
        reason =
          errno == EINPROGRESS
          ? "no answer in \(Self.connectSecondsMax) seconds" : systemSentence(errno)
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
        unsafe Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
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
