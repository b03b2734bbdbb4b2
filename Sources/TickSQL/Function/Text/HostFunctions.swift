/// The host of a URL and its parts, by ClickHouse's reading: whatever stands before the host must look like a URL, and a
/// host has a dot.
import TickColumns

extension FunctionTable {
  static let hosts: [ScalarFunction] = [
    hostPart("domain", "The host of a URL; '' where it has no dot.") { host(of: $0) ?? [] },
    hostPart("domainWithoutWWW", "The host of a URL without www. in front.") { url in
      guard let host = host(of: url) else { return [] }
      return host.starts(with: "www.".utf8) ? host.dropFirst(4) : host
    },
    hostPart("topLevelDomain", "What stands behind the last dot of the host; '' of an address.") {
      url in
      guard let host = host(of: url), let dot = host.lastIndex(of: 0x2E) else { return [] }
      let last = host[(dot + 1)...]
      return last.first.map { (0x30...0x39).contains($0) } == true ? [] : last
    },
    hostPart("pathFull", "The path of a URL with query and fragment.") { url in
      behindAuthority(url).drop { $0 != 0x2F }
    },
    hostPart("queryStringAndFragment", "What stands behind ? or # in a URL.") { url in
      guard let mark = url.firstIndex(where: { $0 == 0x3F || $0 == 0x23 }) else { return [] }
      return url[mark] == 0x3F ? url[(mark + 1)...] : url[mark...]
    },
    hostPart("cutFragment", "The URL without its fragment.") { url in url.prefix { $0 != 0x23 } },
    hostPart("cutQueryStringAndFragment", "The URL without query and fragment.") { url in
      url.prefix { $0 != 0x3F && $0 != 0x23 }
    },
  ]

  private static func hostPart(
    _ name: String, _ summary: String,
    _ range: @escaping @Sendable (ArraySlice<UInt8>) -> ArraySlice<UInt8>
  ) -> ScalarFunction {
    textFunction(name, summary) { (strings, input, out) throws(SQLError) in
      for row in 0..<input.rows {
        try out.append(range(strings[row]))
        out.endRow()
      }
    }
  }

  /// What follows `scheme://` or `//`; the whole where there is neither.
  private static func behindAuthority(_ url: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let scheme = url.prefix {
      (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0)
        || [0x2B, 0x2D, 0x2E].contains($0)
    }
    let rest = url.dropFirst(scheme.count)
    if !scheme.isEmpty, rest.starts(with: "://".utf8) { return rest.dropFirst(3) }
    return url.starts(with: "//".utf8) ? url.dropFirst(2) : url
  }

  private static let hostEnds = Set(":/?#".utf8)
  private static let notInHosts = Set(" \t<>%{}|\\^~[];=&".utf8)

  private static func host(of url: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    let rest = behindAuthority(url)
    var start = rest.startIndex
    var hasDot = false
    var at = start
    while at < rest.endIndex, !hostEnds.contains(rest[at]) {
      let byte = rest[at]
      if notInHosts.contains(byte) { return nil }
      if byte == 0x2E {
        // A dot has something behind it.
        guard at + 1 < rest.endIndex, !notInHosts.contains(rest[at + 1]),
          !hostEnds.contains(rest[at + 1])
        else { return nil }
        hasDot = true
      } else if byte == 0x40 {
        // What stood before was a user.
        if hasDot { return nil }
        start = at + 1
        hasDot = false
      }
      at += 1
    }
    return hasDot ? rest[start..<at] : nil
  }
}
