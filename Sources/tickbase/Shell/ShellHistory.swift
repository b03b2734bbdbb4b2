/// What was typed, kept in a file for the next shell: one entry per line, `\n` and `\\` escaped.
///
/// Invariants:
/// 1. The file is its owner's alone (0600), and entries are appended one write at a time, so shells that run beside
///    each other lose nothing.
/// 2. A history that cannot be kept is said once and stops nothing.
import Glibc
import TickColumns
import TickEngine

struct ShellHistory {
  /// Bytes of the file that are read; above it the file is cut to its later half.
  private static let bytesMax = 4 << 20

  /// Nil keeps nothing.
  private let path: String?
  private var isBroken = false

  /// An empty name keeps nothing; nil is the place that the XDG base directories give.
  init(_ name: String?) {
    if let name {
      path = name.isEmpty ? nil : name
    } else {
      path = Self.standardPath
    }
  }

  private static var standardPath: String? {
    if let state = Console.variable("XDG_STATE_HOME"), state.hasPrefix("/") {
      return state + "/tickbase/history"
    }
    return Console.variable("HOME").map { $0 + "/.local/state/tickbase/history" }
  }

  /// The entries kept so far, the oldest first.
  mutating func load() -> [String] {
    guard let path, let bytes = Self.contents(path) else { return [] }
    var lines = bytes.split(separator: 0x0A).suffix(LineEditor.entriesMax)
    if bytes.count > Self.bytesMax {
      lines = lines.suffix(lines.count / 2)
      rewrite(path, Array(lines.joined(separator: [0x0A])) + [0x0A])
    }
    return lines.map { String(decoding: Self.unescaped($0), as: UTF8.self) }
  }

  mutating func append(_ entry: String) {
    guard let path, !isBroken else { return }
    let directory = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    Self.makeDirectories(directory.joined(separator: "/"))
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return complain(path) }
    defer { close(descriptor) }
    guard Console.write(Self.escaped(Array(entry.utf8)) + [0x0A], to: descriptor) else {
      return complain(path)
    }
  }

  private mutating func complain(_ path: String) {
    isBroken = true
    Console.error("tickbase: no history is kept: \(path): \(systemReason())")
  }

  private mutating func rewrite(_ path: String, _ bytes: [UInt8]) {
    let fresh = path + ".new"
    let descriptor = unsafe open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return complain(fresh) }
    let isWritten = Console.write(bytes, to: descriptor)
    close(descriptor)
    guard isWritten, unsafe rename(fresh, path) == 0 else { return complain(fresh) }
  }

  private static func contents(_ path: String) -> [UInt8]? {
    // No file, or one that cannot be read, is an empty history.
    guard let file = try? FileBytes(path: path) else { return nil }
    var bytes: [UInt8] = []
    while let piece = try? file.next(), !piece.isEmpty { bytes += piece }
    return bytes
  }

  private static func makeDirectories(_ path: String) {
    var made = ""
    for name in path.split(separator: "/") {
      made += (made.isEmpty && !path.hasPrefix("/") ? "" : "/") + name
      _ = unsafe mkdir(made, 0o700)
    }
  }

  static func escaped(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    for byte in bytes {
      switch byte {
      case 0x0A: out += [0x5C, UInt8(ascii: "n")]
      case 0x5C: out += [0x5C, 0x5C]
      default: out.append(byte)
      }
    }
    return out
  }

  static func unescaped(_ line: ArraySlice<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    var isEscape = false
    for byte in line {
      if isEscape {
        out.append(byte == UInt8(ascii: "n") ? 0x0A : byte)
        isEscape = false
      } else if byte == 0x5C {
        isEscape = true
      } else {
        out.append(byte)
      }
    }
    return out
  }
}

/// What the last failed call of the system complained about.
func systemReason(_ errno: Int32 = errno) -> String {
  unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "error \(errno)"
}
