import ArgumentParser
import Dispatch
import Glibc
import Synchronization
import TickEngine
import TickServer

struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve a data directory over HTTP.",
    discussion: """
      The first line of output is `listening http://HOST:PORT`. SIGTERM stops it: running requests may \
      end, then it exits with 0; a second SIGTERM cancels them.
      """)

  /// How long running requests may take after the first SIGTERM.
  static let grace = Duration.seconds(30)

  @OptionGroup var file: Config.File

  @Option(help: "Directory that holds the data; created when it does not exist. (default: data)")
  var data: String?

  @Option(
    help: "Address and port to listen on; port 0 takes a free one. (default: 127.0.0.1:8123)")
  var http: String?

  @Option(help: "text, json or auto. (default: auto, text on a terminal)")
  var logFormat: String?

  @Option(help: "debug, info, warning, error or off. (default: info)")
  var logLevel: String?

  private static func address(_ http: String) -> (host: String, port: Int)? {
    guard let colon = http.lastIndex(of: ":"), let port = UInt16(http[http.index(after: colon)...])
    else { return nil }
    var host = http[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    return host.isEmpty ? nil : (String(host), Int(port))
  }

  func run() throws {
    var settings = try file.load()
    try settings.set(flag: "--data", "data.directory", data)
    try settings.set(flag: "--http", "http.listen", http)
    let listen = settings["http.listen"]
    guard let address = Self.address(listen.value) else {
      throw Failure(
        .usage,
        "\(listen.origin.text): '\(listen.value)' is no address; write HOST:PORT, for example 127.0.0.1:8123"
      )
    }
    try settings.set(flag: "--log-format", "log.format", logFormat)
    try settings.set(flag: "--log-level", "log.level", logLevel)
    let prefix = settings["http.path_prefix"]
    guard prefix.value.isEmpty || prefix.value.hasPrefix("/") && !prefix.value.hasSuffix("/") else {
      throw Failure(
        .usage,
        "\(prefix.origin.text): '\(prefix.value)' is no path; it begins with / and does not end in it"
      )
    }
    let originsEntry = settings["http.cors_origins"]
    guard let origins = AllowedOrigins(originsEntry.values) else {
      throw Failure(
        .usage,
        "\(originsEntry.origin.text): '\(originsEntry.value)' are no origins; write each as https://HOST or https://HOST:PORT, or *"
      )
    }
    let accounts = try settings.accounts()

    let stopping = StopRequest()
    Console.catchSignals([SIGINT, SIGTERM]) { stopping.take($0) }
    // The log has a thread, which must inherit that the signals are taken.
    let log = try Log(settings)

    let database: Database
    do throws(EngineError) {
      var options = DatabaseOptions()
      options.observer = log
      options.slowReadersMax =
        Int(settings["http.slow_readers"].value) ?? options.slowReadersMax
      options.mergesInBackground = settings["storage.merges"].value != "0"
      options.restSeconds = Double(settings["storage.rest_seconds"].value) ?? options.restSeconds
      options.users = accounts.known
      database = try Database.open(at: settings["data.directory"].value, options: options)
    } catch {
      throw Failure(.failed, error.message)
    }
    var configuration = HTTPServer.Configuration(
      version: Build.version, dialectVersion: Database.clickHouseVersion)
    configuration.host = address.host
    configuration.port = address.port
    configuration.hostNames = settings["http.names"].values
    configuration.accounts = accounts
    configuration.pathPrefix = prefix.value
    configuration.origins = origins
    let connections =
      Int(settings["http.connections"].value) ?? configuration.limits.connectionsMax
    configuration.limits.connectionsMax = min(connections, raisedFileLimit() / 2)
    let limits = configuration.limits
    configuration.limits.bodyRateMin =
      Int64(settings["http.body_rate"].value) ?? limits.bodyRateMin
    configuration.limits.receiveTimeout =
      Int64(settings["http.body_timeout"].value).map { .seconds($0) } ?? limits.receiveTimeout
    configuration.limits.bodyThreadsMax =
      Int(settings["http.body_threads"].value) ?? limits.bodyThreadsMax
    configuration.limits.sendTimeout =
      Int64(settings["http.send_timeout"].value).map { .seconds($0) } ?? limits.sendTimeout
    let server: HTTPServer
    do throws(ServerError) {
      server = try HTTPServer.start(configuration, service: database)
    } catch {
      database.close()
      if case .notLoopback = error { throw Failure(.usage, error.sentence) }
      throw Failure(.failed, error.sentence)
    }
    // Logged first: whoever waits for the line below may ask at once.
    log.write(
      .info, "started",
      [
        ("url", .text(server.url)), ("data", .text(settings["data.directory"].value)),
        ("version", .text(Build.version)),
      ])
    Console.line("listening \(server.url)")

    let number = stopping.wait { server.hurry() }
    log.write(.info, "stopping", [("signal", .number(Int(number)))])
    server.stop(grace: Self.grace)
    database.close()
    log.write(.info, "stopped", [])
    log.close()
    if number == SIGINT { throw Failure(.interrupted) }
  }
}

/// Open files that this process may have, after asking for as many as it can get: connections are files, and so are
/// segments.
private func raisedFileLimit() -> Int {
  var limit = rlimit()
  guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
    return 1024
  }
  var wanted = limit
  wanted.rlim_cur = wanted.rlim_max
  if unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &wanted) == 0 { limit = wanted }
  return Int(clamping: limit.rlim_cur)
}

/// The first signal ends the waiting, the next one makes the stopping hurry.
private final class StopRequest: Sendable {
  private let first = Mutex<Int32?>(nil)
  private let whenHurried = Mutex<(@Sendable () -> Void)?>(nil)
  private let came = DispatchSemaphore(value: 0)

  func take(_ number: Int32) {
    let isFirst = first.withLock { first in
      defer { first = first ?? number }
      return first == nil
    }
    if isFirst {
      came.signal()
    } else {
      whenHurried.withLock { $0 }?()
    }
  }

  /// Returns the number of the first signal; `hurry` is called for later ones.
  func wait(hurry: @escaping @Sendable () -> Void) -> Int32 {
    whenHurried.withLock { $0 = hurry }
    came.wait()
    return first.withLock { $0 } ?? SIGTERM
  }
}
