/// Another program to talk to line by line and to kill: what a crash test needs of the operating system.
///
/// One socket is the child's input and output. Confined to one thread at a time.
import Glibc

public final class ChildProcess {
  /// A child that says nothing for so long is taken for gone, so that a test ends.
  private static let silenceSecondsMax = 120

  public let id: pid_t
  private let socket: Int32
  private var received: [UInt8] = []
  private var status: Int32?

  /// Starts a program; nil when the system cannot.
  public init?(_ path: String, _ arguments: [String]) {
    var ends: [Int32] = [0, 0]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { return nil }
    defer { close(ends[1]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    let words = ([path] + arguments).map { strdup($0) } + [nil]
    // A trap must end the child at once instead of starting the interactive backtracer.
    let environment = [strdup("SWIFT_BACKTRACE=enable=no"), nil]
    defer { for word in words + environment { free(word) } }
    var id = pid_t()
    guard posix_spawn(&id, path, &actions, nil, words, environment) == 0 else {
      close(ends[0])
      return nil
    }
    self.id = id
    socket = ends[0]
    var patience = timeval(tv_sec: Self.silenceSecondsMax, tv_usec: 0)
    setsockopt(
      socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit {
    kill()
    close(socket)
  }

  /// Sends a line; what a dead child cannot take is dropped.
  public func send(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      sent += count
    }
  }

  /// The next line of the child; nil when it is gone.
  public func line() -> String? {
    while true {
      if let end = received.firstIndex(of: 0x0A) {
        let line = String(decoding: received[..<end], as: UTF8.self)
        received.removeFirst(end + 1)
        return line
      }
      guard receive() else { return nil }
    }
  }

  /// The next bytes of the child; nil when it is gone before all of them came.
  public func bytes(_ count: Int) -> [UInt8]? {
    while received.count < count { guard receive() else { return nil } }
    let bytes = Array(received[..<count])
    received.removeFirst(count)
    return bytes
  }

  private func receive() -> Bool {
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = recv(socket, &piece, piece.count, 0)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      received += piece[..<count]
      return true
    }
  }

  /// `kill -9`, and waits for the end. True when that was the end of it; false when the child had ended before.
  @discardableResult
  public func kill() -> Bool {
    if status == nil { Glibc.kill(id, SIGKILL) }
    return wait() & 0x7F == SIGKILL
  }

  /// The status of the child when it has ended, as `waitpid` gives it.
  @discardableResult
  public func wait() -> Int32 {
    if let status { return status }
    var found: Int32 = 0
    while waitpid(id, &found, 0) < 0, errno == EINTR {}
    status = found
    return found
  }
}
