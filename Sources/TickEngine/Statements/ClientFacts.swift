/// Where a statement came from, as `system.processes`, `system.query_log` and the log show it.
import Glibc

public struct ClientFacts: Sendable, Hashable {
  /// Numbers are ClickHouse's.
  public enum Interface: Int8, Sendable {
    case http = 2
    /// Not over a network: the command line or an embedding program.
    case local = 6
  }

  public enum Method: Int8, Sendable {
    case none = 0
    case get, post, options, put, delete, head
  }

  public var interface: Interface
  /// An IPv6 address; one of IPv4 is mapped into it.
  public var address: UInt128 = 0
  public var port: UInt16 = 0
  public var method = Method.none
  public var userAgent = ""
  public var referer = ""
  public var forwardedFor = ""

  /// A caller in this process.
  public init() { interface = .local }

  /// A client of the HTTP endpoint; an address that is none is left out.
  public init(httpFrom address: String, port: Int) {
    interface = .http
    self.address = Self.number(address) ?? 0
    self.port = UInt16(clamping: port)
  }

  private static func number(_ text: String) -> UInt128? {
    var four = in_addr()
    if unsafe inet_pton(AF_INET, text, &four) == 1 {
      return 0xFFFF << 32 | UInt128(UInt32(bigEndian: four.s_addr))
    }
    var bytes = [UInt8](repeating: 0, count: 16)
    guard unsafe inet_pton(AF_INET6, text, &bytes) == 1 else { return nil }
    return bytes.reduce(0) { $0 << 8 | UInt128($1) }
  }
}
