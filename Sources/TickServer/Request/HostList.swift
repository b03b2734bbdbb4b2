/// The names under which this server may be addressed.
///
/// Listening on loopback only is no boundary for browsers: a foreign name that is made to resolve to 127.0.0.1
/// (DNS rebinding) reaches the port with the page's own origin. Its Host header gives it away.

struct HostList: Sendable {
  private let names: Set<String>

  /// `bound` is what `--http` named; loopback names are always right.
  init(bound: String, others: [String] = []) {
    names = Set((["localhost", "localhost.", "::1", bound] + others).map { $0.lowercased() })
  }

  /// Whether a Host header (or the authority of an absolute target) names this server, whatever the port:
  /// ports change on the way through tunnels.
  func contains(hostHeader: String) -> Bool {
    guard let host = Self.host(of: hostHeader) else { return false }
    return names.contains(host) || Self.isLoopbackIPv4(host)
  }

  /// The host part of `host[:port]` or `[v6][:port]` in lower case; nil when it is neither.
  static func host(of text: String) -> String? {
    let lower = text.lowercased()
    if lower.hasPrefix("[") {
      guard let close = lower.firstIndex(of: "]") else { return nil }
      let port = lower[lower.index(after: close)...]
      guard port.isEmpty || isPort(port) else { return nil }
      return String(lower[lower.index(after: lower.startIndex)..<close])
    }
    guard !lower.contains("]") else { return nil }
    guard let colon = lower.firstIndex(of: ":") else { return lower.isEmpty ? nil : lower }
    let host = lower[..<colon]
    guard !host.isEmpty, isPort(lower[colon...]) else { return nil }
    return String(host)
  }

  private static func isPort(_ text: Substring) -> Bool {
    text.first == ":" && text.count <= 6
      && text.utf8.dropFirst().allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
  }

  static func isLoopbackIPv4(_ host: String) -> Bool {
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127"
      && parts.allSatisfy { part in
        UInt8(part) != nil && part.utf8.allSatisfy { $0 != UInt8(ascii: "+") }
      }
  }
}
