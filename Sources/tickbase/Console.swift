/// Output and signals of the process, without buffers between us and the reader.
import Dispatch
import Glibc

enum Console {
  /// Writes all bytes; false when the reader is gone or the medium refuses.
  static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var from = 0
    while from < bytes.count {
      let count = unsafe bytes[from...].withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0 {
        if errno == EINTR { continue }
        return false
      }
      from += count
    }
    return true
  }

  /// A line on standard output. A reader that went away is nothing to complain about.
  static func line(_ text: String) {
    _ = write(Array((text + "\n").utf8), to: STDOUT_FILENO)
  }

  /// A line on standard error, ending in exactly one newline.
  static func error(_ text: String) {
    var bytes = Array(text.utf8)
    while bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    _ = write(bytes + [UInt8(ascii: "\n")], to: STDERR_FILENO)
  }

  /// The variables of the process, those that are text.
  static var environment: [String: String] {
    var variables: [String: String] = [:]
    var next = unsafe environ
    while let entry = unsafe next.pointee {
      if let text = unsafe String(validatingCString: entry), let equals = text.firstIndex(of: "=") {
        variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
      unsafe next += 1
    }
    return variables
  }

  /// One of them that is there and not empty.
  static func variable(_ name: String) -> String? {
    environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
  static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
  static var inputIsTerminal: Bool { isatty(STDIN_FILENO) == 1 }

  /// Of the terminal that standard output is; a common size where it is none.
  static var screenSize: (lines: Int, columns: Int) {
    var size = winsize()
    guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0,
      size.ws_col > 0
    else { return (24, 80) }
    return (Int(size.ws_row), Int(size.ws_col))
  }

  /// A pipe that programs started here do not inherit; nil when there are no descriptors left.
  static func pipe() -> (read: Int32, write: Int32)? {
    var ends: [Int32] = [-1, -1]
    guard unsafe Glibc.pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  /// Nanoseconds of a clock that never goes back, for durations.
  static func ticks() -> Int {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
  }

  /// Calls `body` for each of these signals instead of their default. To be called before other threads start,
  /// as they inherit the mask.
  static func catchSignals(_ numbers: [Int32], _ body: @escaping @Sendable (Int32) -> Void) {
    var blocked = sigset_t()
    unsafe sigemptyset(&blocked)
    for number in numbers { unsafe sigaddset(&blocked, number) }
    unsafe pthread_sigmask(SIG_BLOCK, &blocked, nil)
    let set = blocked
    DispatchQueue(label: "signals").async {
      while true {
        var waited = set
        var number: Int32 = 0
        if unsafe sigwait(&waited, &number) == 0 { body(number) }
      }
    }
  }
}
