/// Programs that the shell starts: the pager and the editor.
import CTickTerminal
import Glibc

struct ChildProgram {
  private let process: pid_t

  /// Starts a command of the system's shell, which finds `argument` as `$1`; `input` becomes its standard input. Nil
  /// when that fails.
  init?(shell command: String, argument: String? = nil, input: Int32 = -1) {
    let started: Int32
    if let argument {
      started = unsafe tick_program_start(command, argument, input)
    } else {
      started = unsafe tick_program_start(command, nil, input)
    }
    guard started > 0 else { return nil }
    process = started
  }

  /// Waits for its end; true when it ended well.
  @discardableResult
  func wait() -> Bool {
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0 {
      guard errno == EINTR else { return false }
    }
    return status == 0
  }
}
