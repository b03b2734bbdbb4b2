/// The data of an INSERT, which may be received to its end before its rows go on.
///
/// A load holds its table's turn, and whoever else writes into that table waits for it with a request thread. A sender
/// may be slow; so the turn is not taken before everything is here.
///
/// Invariants:
/// 1. Bytes come out in the order in which they came, each once, wherever the rest was received.
/// 2. What was put aside goes with this object, and after a crash at the next start.
import Synchronization
import TickColumns

/// Used by the one thread that runs the statement.
final class SpoolableInput {
  /// Bytes that are read at a time of what was put aside.
  private static let pieceBytes = 1 << 20

  private let input: any QueryInput
  private let database: Database
  private var file: SpooledFile?
  private var place = 0

  init(_ input: any QueryInput, _ database: Database) {
    self.input = input
    self.database = database
  }

  func next() throws(EngineError) -> [UInt8]? {
    guard let file else { return try input.next() }
    guard place < file.byteCount else { return nil }
    let end = min(place + Self.pieceBytes, file.byteCount)
    defer { place = end }
    return try file.read(place..<end)
  }

  /// Waits for the end of the data. Throws what the sender's failure is; a statement that was killed is told by its input.
  func receiveRest() throws(EngineError) {
    guard file == nil, let first = try input.next() else { return }
    let number = database.spooledFiles.add(1, ordering: .relaxed).newValue
    let spooled = try SpooledFile(
      "insert-\(number).received", in: database.files, root: database.root)
    try spooled.append(first)
    while let piece = try input.next() { try spooled.append(piece) }
    file = spooled
  }
}
