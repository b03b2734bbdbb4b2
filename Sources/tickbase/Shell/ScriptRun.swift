/// Statements one after the other without anybody at the keys: `--query`, or a script on standard input.
///
/// Invariants:
/// 1. A statement begins when the one before it ended; the first that fails is the last, unless all are to be tried.
/// 2. Only rows that a statement asks for and does not bring are read from standard input, and only where that holds no
///    script.
import Glibc
import TickEngine
import TickSQL

struct ScriptRun {
  let target: any StatementTarget
  let interrupts: Interrupts
  /// Nil: as fits standard output.
  let format: String?
  /// True goes on behind a statement that failed.
  let continues: Bool
  /// Where rows come from that a statement does not bring; nil where that is used up.
  let input: StandardInput?

  func run(_ text: [UInt8]) throws(Failure) {
    var position = 0
    var hasFailed = false
    let isAlone =
      Script.piece(in: text, from: 0).map { Script.piece(in: text, from: $0.next) == nil } ?? true
    while let piece = Script.piece(in: text, from: position) {
      guard !interrupts.isRaised else { throw Failure(.interrupted) }
      do throws(StatementFailure) {
        try run(piece, of: text, isAlone: isAlone)
      } catch {
        switch error {
        case .outputClosed: return  // The reader has what it wanted, as with any filter.
        case .cancelled: throw Failure(.interrupted)
        case .target(let failure): throw failure
        case .refused(let message, let label):
          let sentence = sentence(message, label, piece, text, isAlone: isAlone)
          guard continues else { throw Failure(.failed, sentence) }
          Console.error("tickbase: \(sentence)")
          hasFailed = true
        }
      }
      position = piece.next
    }
    if hasFailed { throw Failure(.failed) }
  }

  private func run(
    _ piece: ScriptPiece, of text: [UInt8], isAlone: Bool
  ) throws(StatementFailure) {
    let standard = Console.outputIsTerminal ? "PrettyCompact" : "TabSeparated"
    var call = StatementCall(
      text: Array(text[piece.range]),
      format: piece.isVertical ? "Vertical" : format ?? standard,
      isOfSession: !isAlone)
    if piece.rows == .elsewhere {
      guard let input else {
        throw .refused(
          message: "the rows of the INSERT are missing; write them behind it, or send them to "
            + "standard input", label: "")
      }
      call.input = input
    }
    let progress = ProgressLine { [target, id = call.queryID] in
      target.figures(ofRunning: id)
    }
    defer { progress?.end() }
    let output = PlainOutput(STDOUT_FILENO, progress: progress)
    do throws(StatementFailure) {
      _ = try target.run(call, output, interrupts)
    } catch {
      guard case .outputClosed = error, let reason = output.failure else { throw error }
      throw .target(Failure(.failed, "cannot write the answer: \(reason)"))
    }
  }

  /// One line where one statement is all there is and no person reads; otherwise with the place.
  private func sentence(
    _ message: String, _ label: String, _ piece: ScriptPiece, _ text: [UInt8], isAlone: Bool
  ) -> String {
    if isAlone, !Console.errorIsTerminal {
      return label.isEmpty ? message : "\(message) (\(label))"
    }
    let excerpt = ErrorExcerpt(
      message, label: label, statement: Array(text[piece.range]),
      columns: Console.screenSize.columns)
    guard !isAlone else { return excerpt.text }
    let line = text[..<piece.range.lowerBound].reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
    return "statement at line \(line): \(excerpt.text)"
  }
}
