/// Pages of other origins that may read answers, and those of them that may also change something.
///
/// A server without passwords answers whoever reaches it, and a page in the user's browser reaches what the user's machine
/// does. Browsers keep such a page from reading answers unless a header allows it, so nothing allows it by default.
///
/// Invariants:
/// 1. Only what the configuration names is allowed, and only where the request asks for it with `add_http_cors_header=1`.
/// 2. `*` allows reading, to pages of any origin. Who may POST is named.

public struct AllowedOrigins: Sendable {
  private let names: Set<String>
  private let allowsReadingToAll: Bool

  /// Origins as browsers send them, such as `https://grafana.example:3000`, or `*`; nil where one is neither.
  public init?(_ texts: [String]) {
    for text in texts where text != "*" {
      let parts = text.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count == 3, parts[0] == "http:" || parts[0] == "https:", parts[1].isEmpty,
        !parts[2].isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
      else { return nil }
    }
    allowsReadingToAll = texts.contains("*")
    names = Set(texts.map { $0.lowercased() }).subtracting(["*"])
  }

  public static let none = AllowedOrigins()

  private init() { (names, allowsReadingToAll) = ([], false) }

  var isEmpty: Bool { names.isEmpty && !allowsReadingToAll }

  func mayWrite(_ origin: String) -> Bool { names.contains(origin.lowercased()) }

  /// What lets the page read the answer; nothing for a page that may not.
  func fields(for origin: String?) -> [(name: String, value: String)] {
    guard let origin else { return [] }
    let allowed: String
    if mayWrite(origin) {
      allowed = origin
    } else if allowsReadingToAll {
      allowed = "*"
    } else {
      return []
    }
    return [
      ("Access-Control-Allow-Origin", allowed), ("Vary", "Origin"),
      (
        "Access-Control-Expose-Headers",
        "X-ClickHouse-Query-Id,X-ClickHouse-Summary,X-ClickHouse-Server-Display-Name,X-ClickHouse-Format,X-ClickHouse-Timezone,X-ClickHouse-Exception-Code,X-ClickHouse-Exception-Tag"
      ),
    ]
  }

  /// What lets a browser send the request that it asks about first.
  func preflightFields(for origin: String?) -> [(name: String, value: String)] {
    let fields = fields(for: origin)
    guard let origin, !fields.isEmpty else { return [] }
    return fields + [
      ("Access-Control-Allow-Methods", mayWrite(origin) ? "GET, HEAD, POST" : "GET, HEAD"),
      (
        "Access-Control-Allow-Headers",
        "Authorization, Content-Type, Content-Encoding, X-ClickHouse-User, X-ClickHouse-Key, X-ClickHouse-Database, X-ClickHouse-Format, X-ClickHouse-Query-Id"
      ),
      ("Access-Control-Max-Age", "600"),
    ]
  }
}
