import Glibc

/// A socket that sends exactly what a test says and takes answers apart, so that bad bytes can be sent too.
final class RawClient {
  struct Answer {
    var version = ""
    /// 0 when there was no answer.
    var status = 0
    /// In order, names as sent.
    var fields: [(name: String, value: String)] = []
    var body: [UInt8] = []
    /// False when the connection ended before the message did.
    var isWhole = false

    var text: String { String(decoding: body, as: UTF8.self) }

    subscript(name: String) -> String? {
      fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }
  }

  let socket: Int32
  private var buffer: [UInt8] = []
  private(set) var isAtEnd = false

  init(port: Int, timeoutSeconds: Int = 20, receiveBufferBytes: Int32? = nil) {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var timeout = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    if var bytes = receiveBufferBytes {
      setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    precondition(status == 0, "cannot connect: errno \(errno)")
  }

  deinit { Glibc.close(socket) }

  /// Sends all; false when the server stopped taking.
  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool {
    var from = 0
    while from < bytes.count {
      let count = bytes[from...].withUnsafeBytes {
        Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return false }
      from += count
    }
    return true
  }

  @discardableResult
  func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  /// Sends `bytes` over and over until the server takes no more for 300 ms; says how many went.
  func sendUntilBlocked(_ bytes: [UInt8], upTo countMax: Int) -> Int {
    var total = 0
    var idle = 0
    while total < countMax, idle < 300 {
      let rest = bytes[(total % bytes.count)...]
      let count = rest.withUnsafeBytes {
        Glibc.send(
          socket, $0.baseAddress, min($0.count, countMax - total),
          Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      if count > 0 {
        total += count
        idle = 0
      } else {
        idle += 1
        usleep(1000)
      }
    }
    return total
  }

  func closeWriting() { shutdown(socket, Int32(SHUT_WR)) }

  /// Closes at once, with a reset when `resets`; the number stays ours.
  func vanish(resets: Bool = false) {
    if resets {
      var value = linger(l_onoff: 1, l_linger: 0)
      setsockopt(socket, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
    }
    let null = open("/dev/null", O_RDONLY)
    dup2(null, socket)
    Glibc.close(null)
  }

  private func fill() -> Bool {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = recv(socket, &bytes, bytes.count, 0)
    if count <= 0 {
      // A timeout is not an end: it must not look as if the server had closed.
      isAtEnd = count == 0 || errno != EAGAIN
      return false
    }
    buffer += bytes[..<count]
    return true
  }

  private func line() -> String? {
    while true {
      if let end = buffer.firstIndex(of: 10) {
        let bytes = buffer[..<end]
        let text = String(decoding: bytes.last == 13 ? bytes.dropLast() : bytes, as: UTF8.self)
        buffer.removeSubrange(...end)
        return text
      }
      guard fill() else { return nil }
    }
  }

  private func take(_ count: Int) -> [UInt8]? {
    while buffer.count < count {
      guard fill() else { return nil }
    }
    let bytes = Array(buffer[..<count])
    buffer.removeFirst(count)
    return bytes
  }

  /// Reads until the server closes.
  func readToEnd() -> [UInt8] {
    while fill() {}
    defer { buffer = [] }
    return buffer
  }

  /// Whether the server closes without sending anything more.
  func isClosedByServer() -> Bool {
    readToEnd().isEmpty && isAtEnd
  }

  /// Reads one answer.
  func answer(isHead: Bool = false) -> Answer {
    var answer = Answer()
    guard let statusLine = line() else { return answer }
    let words = statusLine.split(separator: " ", maxSplits: 2)
    answer.version = String(words.first ?? "")
    answer.status = words.count > 1 ? Int(words[1]) ?? 0 : 0
    while let text = line(), !text.isEmpty {
      let colon = text.firstIndex(of: ":") ?? text.endIndex
      let value = text[colon...].dropFirst().drop { $0 == " " }
      answer.fields.append((String(text[..<colon]), String(value)))
    }
    if isHead || answer.status == 100 || answer.status == 204 {
      answer.isWhole = true
    } else if let length = answer["Content-Length"].flatMap({ Int($0) }) {
      if let bytes = take(length) {
        answer.body = bytes
        answer.isWhole = true
      }
    } else if answer["Transfer-Encoding"] == "chunked" {
      while let size = line().flatMap({ Int($0, radix: 16) }) {
        if size == 0 {
          answer.isWhole = line() == ""
          break
        }
        guard let bytes = take(size), line() == "" else { break }
        answer.body += bytes
      }
    } else {
      answer.body = readToEnd()
      answer.isWhole = true
    }
    return answer
  }

  /// Sends a request with a Host header and reads the answer.
  func ask(
    _ method: String, _ target: String, fields: [String] = [], body: String? = nil
  ) -> Answer {
    var head = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n"
    for field in fields { head += field + "\r\n" }
    if let body { head += "Content-Length: \(body.utf8.count)\r\n" }
    send(head + "\r\n" + (body ?? ""))
    return answer(isHead: method == "HEAD")
  }
}
