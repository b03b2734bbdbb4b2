/// A directory of this process that goes with it.
import Glibc

struct TemporaryDirectory {
  let path: String

  /// Nil when none can be made.
  init?() {
    let base = Console.variable("TMPDIR") ?? "/tmp"
    var name = Array((base + "/tickbase-local-XXXXXX").utf8CString)
    guard unsafe mkdtemp(&name) != nil else { return nil }
    path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Removes it with all it holds.
  func remove() {
    // What does not go stays for whoever cleans the directory of temporary files.
    ChildProgram(shell: "rm -rf -- \"$1\"", argument: path)?.wait()
  }
}
