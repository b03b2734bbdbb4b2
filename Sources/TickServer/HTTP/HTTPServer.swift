/// The HTTP endpoint: listens, gives every connection its handlers, and stops without cutting anyone off.
///
/// Invariants:
/// 1. Event loops move bytes and decide; statements, text and compression run through `QueryService.submit`.
/// 2. While some account has an empty password the server listens on loopback addresses and nowhere else.
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import TickEngine

/// Why the server does not start.
public enum ServerError: Error, Hashable, Sendable {
  case notLoopback(host: String)
  case cannotResolve(host: String)
  case cannotListen(host: String, port: Int, reason: String)

  /// One sentence: what, where, and what to do.
  public var sentence: String {
    switch self {
    case .notLoopback(let host):
      "'\(host)' is not a loopback address, and there is a user with an empty password; give every user a password in the configuration, or listen on 127.0.0.1, [::1] or localhost"
    case .cannotResolve(let host):
      "the host name '\(host)' has no address; listen on 127.0.0.1, [::1] or localhost"
    case .cannotListen(let host, let port, let reason):
      "cannot listen on \(host):\(port): \(reason); choose another address or port"
    }
  }
}

/// May be used from any thread, not from an event loop.
public final class HTTPServer: Sendable {
  public struct Configuration: Sendable {
    /// A loopback name or address.
    public var host = "127.0.0.1"
    /// 0 takes a free one.
    public var port = 8123
    /// Further names that a Host header may give, for tunnels and reverse proxies.
    public var hostNames: [String] = []
    public var accounts = Accounts.one
    /// A path that a reverse proxy leaves in front of every path, such as `/ticks`.
    public var pathPrefix = ""
    /// Pages of other origins that may read answers.
    public var origins = AllowedOrigins.none
    /// Our version, for the `Server` header.
    public var version: String
    /// The ClickHouse version that error texts name.
    public var dialectVersion: String
    public var limits = ServerLimits()
    /// Event loops; they only move bytes.
    public var loopCount = 2

    public init(version: String, dialectVersion: String) {
      self.version = version
      self.dialectVersion = dialectVersion
    }
  }

  private let group: MultiThreadedEventLoopGroup
  private let listener: any Channel
  private let registry: ConnectionRegistry
  private let limits: ServerLimits
  /// The address that is really listened on.
  public let host: String
  public let port: Int

  /// `http://HOST:PORT` of the address that is really listened on.
  public var url: String {
    host.contains(":") ? "http://[\(host)]:\(port)" : "http://\(host):\(port)"
  }

  /// Binds and begins to answer.
  public static func start(
    _ configuration: Configuration, service: any RequestService
  ) throws(ServerError) -> HTTPServer {
    let address: SocketAddress
    do {
      address = try SocketAddress.makeAddressResolvingHost(
        configuration.host, port: configuration.port)
    } catch {
      throw .cannotResolve(host: configuration.host)
    }
    let isLoopback = address.ipAddress.map { $0 == "::1" || HostList.isLoopbackIPv4($0) } ?? false
    guard isLoopback || !configuration.accounts.hasEmptyPassword else {
      throw .notLoopback(host: configuration.host)
    }

    let limits = configuration.limits
    let registry = ConnectionRegistry(connectionsMax: limits.connectionsMax)
    let unsubmitted = UnsubmittedBytes()
    let places = BodyPlaces(count: limits.bodyThreadsMax)
    let accounts = configuration.accounts
    let sessions = SessionRegistry(sessionsMax: limits.sessionsMax) { user in
      accounts[user]?.database ?? "default"
    }
    let pages = StatusPages(service: service, version: configuration.version)
    var admission = Admission(
      hosts: HostList(bound: configuration.host, others: configuration.hostNames),
      accounts: accounts, limits: limits,
      signature: ServerSignature(
        version: configuration.version, dialectVersion: configuration.dialectVersion,
        displayName: hostName()))
    admission.pathPrefix = configuration.pathPrefix
    admission.origins = configuration.origins
    let admitting = admission
    var decoderLimits = NIOHTTPDecoderLimitConfiguration()
    // The target counts as a field there; the finer bounds are checked when the head is whole, so that what is
    // a little too long gets the status that says so.
    decoderLimits.maxHeaderFieldSize = limits.targetBytesMax + limits.headerBytesMax
    decoderLimits.maxHeaderListSize = limits.targetBytesMax + 2 * limits.headerBytesMax
    decoderLimits.maxHeaderFieldCount = limits.headerCountMax

    let group = MultiThreadedEventLoopGroup(numberOfThreads: max(configuration.loopCount, 1))
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 256)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
      .childChannelOption(
        .recvAllocator,
        value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 4096, maximum: 128 << 10)
      )
      .childChannelInitializer { [decoderLimits] channel in
        channel.eventLoop.makeCompletedFuture {
          let gauge = ByteGauge(
            shared: unsubmitted, totalMax: limits.unsubmittedBytesMax, counters: pages.counters)
          let decoder = HTTPRequestDecoder(limitConfiguration: decoderLimits)
          try channel.pipeline.syncOperations.addHandlers([
            gauge, ByteToMessageHandler(decoder),
            Connection(
              service: service, admission: admitting, registry: registry, sessions: sessions,
              pages: pages, gauge: gauge, places: places),
          ])
        }
      }
    do {
      let listener = try bootstrap.bind(to: address).wait()
      return HTTPServer(group: group, listener: listener, registry: registry, limits: limits)
    } catch {
      // Nothing runs on these loops yet, so stopping them cannot fail in a way that matters.
      try? group.syncShutdownGracefully()
      let reason = (error as? IOError).map { systemSentence($0.errnoCode) } ?? "\(error)"
      throw .cannotListen(host: configuration.host, port: configuration.port, reason: reason)
    }
  }

  private init(
    group: MultiThreadedEventLoopGroup, listener: any Channel, registry: ConnectionRegistry,
    limits: ServerLimits
  ) {
    self.group = group
    self.listener = listener
    self.registry = registry
    self.limits = limits
    host = listener.localAddress?.ipAddress ?? ""
    port = listener.localAddress?.port ?? 0
  }

  /// Stops: accepts nothing more, lets running requests end for `grace`, then cancels them, then cuts. Blocks
  /// until all connections are closed.
  public func stop(grace: Duration) {
    // A listener that is closed already is what is wanted.
    try? listener.close().wait()
    registry.send(.finish)
    if !registry.waitUntilEmpty(grace) {
      registry.send(.interrupt)
      if !registry.waitUntilEmpty(limits.cancelTimeout) {
        registry.send(.close)
        _ = registry.waitUntilEmpty(limits.lingerTimeout)
      }
    }
    // Fails only when called from one of the group's own loops.
    try? group.syncShutdownGracefully()
  }

  /// Makes a `stop` that is under way cancel what still runs.
  public func hurry() {
    registry.send(.interrupt)
  }
}

private func hostName() -> String {
  var name = [CChar](repeating: 0, count: 256)
  // The last byte stays zero, whatever the system writes.
  guard unsafe gethostname(&name, name.count - 1) == 0 else { return "localhost" }
  return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

func systemSentence(_ number: Int32) -> String {
  guard let text = unsafe strerror(number) else { return "error \(number)" }
  return unsafe String(cString: text).lowercased()
}
