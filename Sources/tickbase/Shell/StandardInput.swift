/// Standard input as the rows of an INSERT.
import Glibc
import TickColumns
import TickEngine

struct StandardInput: QueryInput {
  private static let pieceBytes = 256 << 10
  let interrupts: Interrupts

  func next() throws(EngineError) -> [UInt8]? {
    var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
    while true {
      guard !interrupts.isRaised else {
        throw EngineError(.queryWasCancelled, "Query was cancelled")
      }
      var waited = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      let ready = unsafe poll(&waited, 1, 200)
      if ready == 0 || (ready < 0 && errno == EINTR) { continue }
      let count = unsafe read(STDIN_FILENO, &piece, piece.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw EngineError(
          .cannotReadFromFile, "cannot read standard input: \(systemReason())")
      }
      piece.removeLast(piece.count - count)
      return count == 0 ? nil : piece
    }
  }

  /// All of it, for a script.
  func whole() throws(EngineError) -> [UInt8] {
    var text: [UInt8] = []
    while let piece = try next() { text += piece }
    return text
  }
}
