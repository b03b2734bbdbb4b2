/// A password that a person types at the terminal.
///
/// Invariants:
/// 1. Nothing of it is shown.
/// 2. The terminal is left as it was, also by Ctrl-C, which is read as a key here.
import Glibc

enum PasswordPrompt {
  /// Asks at the terminal of the process, whatever its input and output are.
  static func ask(_ prompt: String) throws(Failure) -> String {
    let terminal = unsafe open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard terminal >= 0 else { throw noTerminal }
    defer { _ = close(terminal) }
    var before = termios()
    guard unsafe tcgetattr(terminal, &before) == 0 else { throw noTerminal }
    var quiet = before
    quiet.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
    guard unsafe tcsetattr(terminal, TCSAFLUSH, &quiet) == 0 else {
      throw Failure(.failed, "the terminal cannot be kept from showing the password")
    }
    defer {
      _ = unsafe tcsetattr(terminal, TCSAFLUSH, &before)
      _ = Console.write([0x0A], to: terminal)
    }
    _ = Console.write(Array(prompt.utf8), to: terminal)
    return String(decoding: try typed(at: terminal), as: UTF8.self)
  }

  private static var noTerminal: Failure {
    Failure(
      .usage,
      "there is no terminal to ask for the password at; set \(ServerOptions.passwordVariable)")
  }

  private static func typed(at terminal: Int32) throws(Failure) -> [UInt8] {
    var text: [UInt8] = []
    while true {
      var byte: UInt8 = 0
      let count = unsafe read(terminal, &byte, 1)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Failure(.failed, "the terminal was closed") }
      switch byte {
      // Enter.
      case 0x0A, 0x0D: return text
      // Ctrl-C, Ctrl-\, and Ctrl-D before anything was typed.
      case 0x03, 0x1C: throw Failure(.interrupted)
      case 0x04:
        if text.isEmpty { throw Failure(.interrupted) }
      // Backspace takes a character, not a byte of it.
      case 0x08, 0x7F:
        while let last = text.popLast(), last & 0xC0 == 0x80 {}
      // Ctrl-U.
      case 0x15: text = []
      default:
        guard text.count < Configuration.passwordBytesMax else {
          throw Failure(
            .usage, "the password is longer than \(Configuration.passwordBytesMax) bytes")
        }
        text.append(byte)
      }
    }
  }
}
