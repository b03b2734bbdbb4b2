/// Lines typed at a terminal: the one place that calls libedit.
import CTickTerminal
import Glibc

/// Confined to the thread that made it.
@safe final class LineEditor {
  enum Outcome {
    case line(String)
    case interrupted
    case end
  }
  /// What Tab does to a line.
  enum Completion {
    case nothing
    /// Puts a text in the place of characters before the cursor.
    case replace(characters: Int, with: String)
    /// Shows what could follow.
    case list([String])
  }
  /// Entries that the arrow keys go through.
  static let entriesMax = 10_000

  private var editor: OpaquePointer?
  private let complete: (_ beforeCursor: [UInt8]) -> Completion

  /// Nil when there is no terminal to edit on.
  init?(
    wakeDescriptor: Int32, complete: @escaping (_ beforeCursor: [UInt8]) -> Completion
  ) {
    self.complete = complete
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    let opened = unsafe tick_editor_open(
      "tickbase", wakeDescriptor, Int32(Self.entriesMax),
      { context in
        guard let context = unsafe context else { return 0 }
        return unsafe Unmanaged<LineEditor>.fromOpaque(context).takeUnretainedValue().completeWord()
      }, context)
    guard let opened = unsafe opened else { return nil }
    unsafe editor = opened
  }

  deinit {
    if let editor = unsafe editor { unsafe tick_editor_close(editor) }
  }

  func read(prompt: String) -> Outcome {
    var text: UnsafePointer<CChar>?
    var length = 0
    let outcome = unsafe prompt.withCString {
      unsafe tick_editor_read(editor, $0, &text, &length)
    }
    switch UInt32(outcome) {
    case TICK_EDIT_LINE.rawValue:
      guard let start = unsafe text else { return .end }
      let bytes = unsafe UnsafeRawBufferPointer(start: start, count: length)
      return unsafe .line(String(decoding: bytes, as: UTF8.self))
    case TICK_EDIT_INTERRUPTED.rawValue: return .interrupted
    default: return .end
    }
  }

  func remember(_ entry: String) {
    unsafe entry.withCString { unsafe tick_editor_remember(editor, $0) }
  }

  private func completeWord() -> Int32 {
    var length = 0
    guard let start = unsafe tick_editor_before_cursor(editor, &length) else {
      return Int32(TICK_EDIT_NOTHING.rawValue)
    }
    let before = unsafe Array(UnsafeRawBufferPointer(start: start, count: length))
    switch complete(before) {
    case .nothing: return Int32(TICK_EDIT_NOTHING.rawValue)
    case .replace(let characters, let text):
      unsafe text.withCString {
        unsafe tick_editor_replace(editor, Int32(clamping: characters), $0)
      }
      return Int32(TICK_EDIT_CHANGED.rawValue)
    case .list(let names):
      let columns = Int(unsafe tick_editor_columns(editor))
      _ = Console.write(Array(("\n" + Self.listing(names, columns)).utf8), to: STDOUT_FILENO)
      return Int32(TICK_EDIT_LISTED.rawValue)
    }
  }

  /// Names in columns, read downwards, at most as many as a screen holds.
  static func listing(_ names: [String], _ columns: Int) -> String {
    let namesMax = 200
    let shown = names.prefix(namesMax)
    let width = (shown.map(\.count).max() ?? 0) + 2
    let perLine = max(1, columns / width)
    let lines = (shown.count + perLine - 1) / perLine
    var out = ""
    for line in 0..<lines {
      var text = ""
      for position in stride(from: line, to: shown.count, by: max(lines, 1)) {
        text += shown[position] + String(repeating: " ", count: width - shown[position].count)
      }
      while text.last == " " { text.removeLast() }
      out += text + "\n"
    }
    if names.count > namesMax { out += "... and \(names.count - namesMax) more\n" }
    return out
  }
}
