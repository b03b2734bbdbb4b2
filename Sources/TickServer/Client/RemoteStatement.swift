/// One statement on its way to a server, and the way to give it up.
import Glibc
import Synchronization
public import TickEngine

public struct RemoteStatement: Sendable {
  public var text: [UInt8]
  /// Format of the answer where the statement names none; nil for the server's own.
  public var format: String?
  /// Settings and parameters of the request.
  public var parameters: [(name: String, value: String)] = []
  /// Bytes that belong behind the text, as the rows of an INSERT do.
  public var input: (any QueryInput)?

  public init(
    _ text: [UInt8], format: String? = nil, input: (any QueryInput)? = nil
  ) {
    self.text = text
    self.format = format
    self.input = input
  }
}

/// Cuts the connection of a statement from another thread; a server cancels a statement whose client is gone.
public final class ConnectionCut: Sendable {
  private struct State {
    var socket: Int32?
    var isCut = false
  }
  private let state = Mutex(State())

  public init() {}

  public var isCut: Bool { state.withLock { $0.isCut } }

  public func cut() {
    state.withLock { state in
      state.isCut = true
      if let socket = state.socket { _ = shutdown(socket, Int32(SHUT_RDWR)) }
    }
  }

  /// Called when the connection is there; false when it is not wanted any more.
  func begin(_ socket: Int32) -> Bool {
    state.withLock { state in
      state.socket = socket
      return !state.isCut
    }
  }

  /// Called before the connection is closed, as its number may then mean another.
  func end() {
    state.withLock { $0.socket = nil }
  }
}

extension QuerySummary {
  /// The figures of `X-ClickHouse-Summary`: quoted decimals by name.
  init(summaryHeader text: String) {
    self.init()
    for pair in text.split(separator: ",") {
      let words = pair.split(separator: "\"")
      guard let name = words.first(where: { $0.contains("_") }),
        let value = words.last(where: { Int($0) != nil })
      else { continue }
      let number = Int(value) ?? 0
      switch name {
      case "read_rows": readRows = number
      case "read_bytes": readBytes = number
      case "written_rows": writtenRows = number
      case "written_bytes": writtenBytes = number
      case "result_rows": resultRows = number
      case "result_bytes": resultBytes = number
      case "elapsed_ns": elapsedNanoseconds = number
      default: break
      }
    }
  }
}
