/// The head of an answer as a value, and its bytes. Bodies are framed here too, so that what a worker sends
/// needs no more work on the event loop than the write itself.
import NIOCore

struct ResponseHead: Sendable {
  var status: StatusCode
  var fields: [(name: String, value: String)] = []
  /// Bytes of the body. Nil when the end is not known: chunked for HTTP/1.1, until the connection closes for 1.0.
  var length: Int?
}

/// How the answers to one request are framed.
struct Framing: Sendable {
  /// False for HTTP/1.0, which knows no chunks and no interim answers.
  var isHTTP11: Bool
  /// True for HEAD: the same head, no body.
  var isHeadOnly: Bool

  func head(_ head: ResponseHead, keepsAlive: Bool) -> ByteBuffer {
    var out = ByteBuffer()
    out.reserveCapacity(640)
    out.writeImmutableBuffer(beginning(head.status))
    writeRest(of: head, keepsAlive: keepsAlive, to: &out)
    return out
  }

  /// What a head begins with; fields may follow before the rest of it.
  func beginning(_ status: StatusCode) -> ByteBuffer {
    ByteBuffer(
      string: (isHTTP11 ? "HTTP/1.1 " : "HTTP/1.0 ") + "\(status.number) \(status.reason)\r\n"
        + "Date: \(httpDate())\r\n")
  }

  /// The fields of a head and its end.
  func writeRest(of head: ResponseHead, keepsAlive: Bool, to out: inout ByteBuffer) {
    for field in head.fields {
      out.writeString(field.name)
      out.writeStaticString(": ")
      out.writeString(Self.safe(field.value))
      out.writeStaticString("\r\n")
    }
    if head.status.hasBody {
      if let length = head.length {
        out.writeString("Content-Length: \(length)\r\n")
      } else if isHTTP11 {
        out.writeStaticString("Transfer-Encoding: chunked\r\n")
      }
    }
    if keepsAlive {
      out.writeString(
        "Connection: keep-alive\r\nKeep-Alive: timeout=\(ServerLimits.announcedIdleSeconds)\r\n\r\n"
      )
    } else {
      out.writeStaticString("Connection: close\r\n\r\n")
    }
  }

  /// One piece of a body whose length was not announced.
  func chunk(_ bytes: some RandomAccessCollection<UInt8>) -> ByteBuffer {
    var out = ByteBuffer()
    guard !isHeadOnly, !bytes.isEmpty else { return out }
    out.reserveCapacity(bytes.count + 20)
    if isHTTP11 {
      out.writeString(String(bytes.count, radix: 16))
      out.writeStaticString("\r\n")
    }
    out.writeBytes(bytes)
    if isHTTP11 { out.writeStaticString("\r\n") }
    return out
  }

  /// What says that a body whose length was not announced is whole.
  var terminator: ByteBuffer {
    isHTTP11 && !isHeadOnly ? ByteBuffer(string: "0\r\n\r\n") : ByteBuffer()
  }

  /// Text from a request may come back in a header; nothing in it may start another line.
  static func safe(_ value: String) -> String {
    guard value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return value }
    return String(decoding: value.utf8.filter { $0 >= 0x20 && $0 != 0x7F }, as: UTF8.self)
  }
}
