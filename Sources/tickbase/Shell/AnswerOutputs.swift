/// Where answers go: a descriptor, memory, or the screen with a pager before it.
///
/// Invariant: the progress line and an answer are never on the screen together: the first byte of the answer takes the
/// line away for good.
import Glibc
import Synchronization
import TickEngine

/// Bytes as they are to a descriptor.
final class PlainOutput: AnswerOutput {
  private let descriptor: Int32
  private let progressLine: ProgressLine?
  private let errorNumber = Atomic<Int32>(0)

  /// Why the bytes cannot be written; nil where they can, and where the reader has closed the pipe.
  var failure: String? {
    let number = errorNumber.load(ordering: .relaxed)
    return number == 0 || number == EPIPE ? nil : systemReason(number)
  }

  init(_ descriptor: Int32, progress: ProgressLine? = nil) {
    self.descriptor = descriptor
    progressLine = progress
  }

  func write(_ bytes: [UInt8]) -> Bool {
    if isatty(descriptor) == 1 { progressLine?.end() }
    if Console.write(bytes, to: descriptor) { return true }
    errorNumber.store(errno, ordering: .relaxed)
    return false
  }
}

/// A short answer kept in memory.
final class CollectedOutput: AnswerOutput {
  private let bytes = Mutex<[UInt8]>([])

  func write(_ more: [UInt8]) -> Bool {
    bytes.withLock { $0 += more }
    return true
  }

  var lines: [String] {
    let text = bytes.withLock { String(decoding: $0, as: UTF8.self) }
    return text.split(separator: "\n").map(String.init)
  }
}

/// A terminal: an answer that is longer than the screen goes through the pager.
final class ScreenOutput: AnswerOutput {
  private struct State {
    var held: [UInt8] = []
    var lines = 0
    var column = 0
    var isThrough = false
    var pager: (program: ChildProgram, input: Int32)?
  }
  private let state = Mutex(State())
  private let pagerCommand: String?
  private let progressLine: ProgressLine?
  private let interrupts: Interrupts
  private let size = Console.screenSize

  init(pager: String?, progress: ProgressLine?, _ interrupts: Interrupts) {
    pagerCommand = pager
    progressLine = progress
    self.interrupts = interrupts
  }

  func write(_ bytes: [UInt8]) -> Bool {
    progressLine?.end()
    return state.withLock { state in
      guard let pagerCommand else { return Console.write(bytes, to: STDOUT_FILENO) }
      if let pager = state.pager { return Console.write(bytes, to: pager.input) }
      if state.isThrough { return Console.write(bytes, to: STDOUT_FILENO) }
      state.held += bytes
      count(bytes, &state)
      // The prompt and the figures below the answer need room as well.
      guard state.lines > max(size.lines - 3, 1) else { return true }
      let held = state.held
      state.held = []
      state.pager = Self.start(pagerCommand)
      state.isThrough = state.pager == nil
      interrupts.ignore(state.pager != nil)
      return Console.write(held, to: state.pager?.input ?? STDOUT_FILENO)
    }
  }

  /// Shows what is held, and waits for the pager.
  func finish() {
    progressLine?.end()
    state.withLock { state in
      if !state.held.isEmpty { _ = Console.write(state.held, to: STDOUT_FILENO) }
      guard let pager = state.pager else { return }
      close(pager.input)
      pager.program.wait()
      interrupts.ignore(false)
    }
  }

  /// Lines that the bytes take on the screen; a character counts as one column.
  private func count(_ bytes: [UInt8], _ state: inout State) {
    for byte in bytes {
      if byte == 0x0A {
        state.lines += 1
        state.column = 0
      } else if byte & 0xC0 != 0x80 {
        state.column += 1
        if state.column > size.columns {
          state.lines += 1
          state.column = 1
        }
      }
    }
  }

  private static func start(_ command: String) -> (ChildProgram, Int32)? {
    guard let pipe = Console.pipe() else { return nil }
    defer { close(pipe.read) }
    guard let program = ChildProgram(shell: command, input: pipe.read) else {
      close(pipe.write)
      return nil
    }
    return (program, pipe.write)
  }
}
