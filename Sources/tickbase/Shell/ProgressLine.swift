/// What a long statement has done so far: one line on standard error that changes, and goes when the answer comes.
import Dispatch
import Glibc
import Synchronization
import TickEngine

final class ProgressLine: Sendable {
  private static let firstMilliseconds = 400
  private static let nextMilliseconds = 200

  private struct State {
    var figures = QuerySummary()
    var isShown = false
    var isOver = false
  }
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "progress")
  private let began = DispatchTime.now()

  /// Asked for figures on the way; it may take its time.
  private let ask: @Sendable () -> QuerySummary?

  /// Nil where standard error is no terminal.
  init?(asking ask: @escaping @Sendable () -> QuerySummary?) {
    self.ask = ask
    guard Console.errorIsTerminal else { return nil }
    draw(in: Self.firstMilliseconds)
  }

  /// Takes the line away; it does not come back.
  func end() {
    state.withLock { state in
      guard !state.isOver else { return }
      state.isOver = true
      if state.isShown { _ = Console.write(Array("\r\u{1B}[K".utf8), to: STDERR_FILENO) }
    }
  }

  private func draw(in milliseconds: Int) {
    queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [weak self] in
      guard let self, draw() else { return }
      draw(in: Self.nextMilliseconds)
    }
  }

  /// False once there is nothing more to draw.
  private func draw() -> Bool {
    let isOver = state.withLock { $0.isOver }
    let asked = isOver ? nil : ask()
    let nanoseconds = DispatchTime.now().uptimeNanoseconds - began.uptimeNanoseconds
    return state.withLock { state in
      guard !state.isOver else { return false }
      state.isShown = true
      if let asked { state.figures = asked }
      let text = "\r\u{1B}[K" + Self.text(state.figures, seconds: Double(nanoseconds) / 1e9)
      return Console.write(Array(text.utf8), to: STDERR_FILENO)
    }
  }

  static func text(_ figures: QuerySummary, seconds: Double) -> String {
    var text = ""
    if figures.readRows > 0 {
      let rate = Double(figures.readRows) / max(seconds, 1e-3)
      text = "\(FigureText.count(figures.readRows)) rows read"
      if figures.rowsToRead > figures.readRows {
        text += " (\(min(99, figures.readRows * 100 / figures.rowsToRead)) %)"
      }
      text += ", \(FigureText.short(rate)) rows/s, "
    }
    return text + "\(FigureText.seconds(seconds)), Ctrl-C cancels"
  }
}

/// Figures for people.
enum FigureText {
  /// `9,738`.
  static func count(_ number: Int) -> String {
    var digits = Array(String(number))
    var position = digits.count - 3
    while position > (number < 0 ? 1 : 0) {
      digits.insert(",", at: position)
      position -= 3
    }
    return String(digits)
  }

  /// `1.2 M`.
  static func short(_ number: Double) -> String {
    switch number {
    case 1e9...: rounded(number / 1e9, 1) + " G"
    case 1e6...: rounded(number / 1e6, 1) + " M"
    case 1e3...: rounded(number / 1e3, 1) + " k"
    default: rounded(number, 0)
    }
  }

  static func seconds(_ seconds: Double) -> String { rounded(seconds, seconds < 10 ? 3 : 1) + " s" }

  private static func rounded(_ number: Double, _ digits: Int) -> String {
    let scale = [1.0, 10, 100, 1_000][digits]
    let units = Int((number * scale).rounded())
    guard digits > 0 else { return String(units) }
    let fraction = String(units % Int(scale))
    return "\(units / Int(scale))."
      + String(repeating: "0", count: digits - fraction.count) + fraction
  }
}
