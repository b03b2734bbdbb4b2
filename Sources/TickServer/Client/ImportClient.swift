/// The client's side of an import over HTTP: sends a file's bytes as they are, reads the events of the answer.
///
/// Invariants:
/// 1. The body ends whole only when the file was read whole: whatever stops us before cuts the connection, and the
///    server keeps nothing.
/// 2. An answer that comes before all is sent is a refusal: sending stops.
/// 3. An answer without its last event is an error, whatever its status said.
import Glibc
package import TickEngine

extension QueryClient {
  /// Sends one file.
  ///
  /// - Parameters:
  ///   - next: the next bytes of the file; empty at its end.
  ///   - event: told each event of the answer, `imported` last.
  package func importFile(
    _ request: ImportRequest, next: () throws(ClientError) -> [UInt8],
    event: (ImportEvent) throws(ClientError) -> Void
  ) throws(ClientError) {
    let socket = try connect()
    defer { _ = Glibc.close(socket) }
    let sendFailure = try send(request, next, to: socket)
    var reader = ResponseReader(socket: socket)
    do throws(ClientError) {
      try readEvents(&reader, event)
    } catch .broken(let text) {
      throw .broken(sendFailure ?? text)
    }
  }

  /// Returns why not all went out; nil when it did.
  private func send(
    _ request: ImportRequest, _ next: () throws(ClientError) -> [UInt8], to socket: Int32
  ) throws(ClientError) -> String? {
    var parameters = [("file", request.fileName)]
    parameters += request.options.parameters.map { ($0.name, $0.value) }
    if request.showsProgress { parameters.append(("progress", "1")) }
    if request.isDryRun { parameters.append(("dry_run", "1")) }
    let query = parameters.map { "\($0)=\(percentEncoded($1))" }.joined(separator: "&")
    let target = path + (path.hasSuffix("/") ? "" : "/") + "import?" + query
    let fields = "Transfer-Encoding: chunked\r\nContent-Type: application/octet-stream\r\n"
    return try sendChunks(head(target, fields), to: socket, next)
  }

  private func readEvents(
    _ reader: inout ResponseReader, _ event: (ImportEvent) throws(ClientError) -> Void
  ) throws(ClientError) {
    let head = try reader.head()
    guard head.status == 200, head.fields["x-clickhouse-exception-code"] == nil else {
      throw .refused(try refusal(head, &reader))
    }
    let tag = head.fields["x-clickhouse-exception-tag"] ?? ""
    var isWhole = false
    var rest: [UInt8] = []
    do throws(ClientError) {
      while let piece = try reader.body() {
        rest += piece
        // An error that came late begins with an empty line; what is behind it is no event.
        guard let end = eventsEnd(rest) else { continue }
        let events: [ImportEvent]
        do {
          events = try ImportEvent.read(Array(rest[..<end]))
        } catch {
          throw .broken("the answer of \(hostHeader) is no answer to an import")
        }
        rest.removeFirst(end)
        for found in events {
          if case .imported = found { isWhole = true }
          try event(found)
        }
      }
    } catch .broken(let text) {
      throw lateError(rest, tag: tag).map { .refused($0.message) } ?? .broken(text)
    }
    if let late = lateError(rest, tag: tag) { throw .refused(late.message) }
    guard isWhole else { throw .broken("the answer of \(hostHeader) ended before the import did") }
  }

  /// The end of the last whole event; nil when there is none.
  private func eventsEnd(_ bytes: [UInt8]) -> Int? {
    var end: Int?
    var start = 0
    while let newline = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      guard bytes[start] == UInt8(ascii: "{") else { break }
      start = newline + 1
      end = start
    }
    return end
  }
}
