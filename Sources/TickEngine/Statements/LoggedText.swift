/// A statement's text as others may see it: in `system.processes`, `system.query_log` and logs.
///
/// Invariants:
/// 1. The data of an INSERT is never in it.
/// 2. Of a text that is not understood, and does not begin as a query, only what was understood is in it: behind that
///    may stand data or a password.
/// 3. The arguments of functions that take passwords or keys are never in it.
/// 4. It has at most `bytesMax` bytes.
import TickSQL

enum LoggedText {
  /// ClickHouse's `log_queries_cut_to_length`.
  static let bytesMax = 100_000

  static func of(_ statement: Statement, _ text: [UInt8]) -> String {
    guard case .insert(let insert) = statement else { return cut(text[...]) }
    switch insert.source {
    case .values(let offset), .format(_, let offset): return cut(text[..<min(offset, text.count)])
    case .query: return cut(text[...])
    }
  }

  static func of(_ text: [UInt8], refusedFor error: SQLError) -> String {
    let word = text.drop { $0 <= 0x20 || $0 == UInt8(ascii: "(") }
      .prefix { $0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z") }
    if queryWords.contains(String(decoding: word, as: UTF8.self).uppercased()) {
      return cut(text[...])
    }
    return cut(text[..<min(error.position ?? 0, text.count)])
  }

  private static let queryWords: Set<String> = [
    "SELECT", "WITH", "FROM", "EXPLAIN", "SHOW", "DESCRIBE", "DESC", "EXISTS",
  ]

  /// Functions of ClickHouse that are given secrets, in lower case.
  private static let secretFunctions: Set<String> = [
    "mysql", "postgresql", "mongodb", "remote", "remotesecure", "s3", "s3cluster", "gcs", "cosn",
    "oss", "azureblobstorage", "deltalake", "hudi", "iceberg", "redis", "url", "encrypt", "decrypt",
    "aes_encrypt_mysql", "aes_decrypt_mysql", "trydecrypt",
  ]

  private static func cut(_ text: ArraySlice<UInt8>) -> String {
    var kept = text.prefix(bytesMax)
    var from = kept.startIndex
    while let open = kept[from...].firstIndex(of: UInt8(ascii: "(")) {
      let head = kept[..<open].reversed().drop { $0 <= 0x20 }
      let name = head.prefix { byte in
        byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
          || byte == UInt8(ascii: "_") || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
      }
      if secretFunctions.contains(String(decoding: name.reversed(), as: UTF8.self).lowercased()) {
        kept = kept[...open]
        break
      }
      from = open + 1
    }
    while let last = kept.last, last <= 0x20 { kept.removeLast() }
    // Not in the middle of a character.
    if kept.count == bytesMax {
      while let last = kept.last, last & 0xC0 == 0x80 { kept.removeLast() }
      if let last = kept.last, last >= 0xC0 { kept.removeLast() }
    }
    return String(decoding: kept, as: UTF8.self)
  }
}
