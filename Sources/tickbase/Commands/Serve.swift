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

  @Option(help: "Directory that holds the data; created when it does not exist.")
  var data = "data"

  @Option(help: "Loopback address and port to listen on; port 0 takes a free one.")
  var http = "127.0.0.1:8123"

  func validate() throws {
    guard address != nil else {
      throw ValidationError("--http is '\(http)'; write HOST:PORT, for example 127.0.0.1:8123")
    }
  }

  private var address: (host: String, port: Int)? {
    guard let colon = http.lastIndex(of: ":"), let port = UInt16(http[http.index(after: colon)...])
    else { return nil }
    var host = http[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    return host.isEmpty ? nil : (String(host), Int(port))
  }

  func run() throws {
    let stopping = StopRequest()
    Console.catchSignals([SIGINT, SIGTERM]) { stopping.take($0) }

    let database: Database
    do throws(EngineError) {
      database = try Database.open(at: data)
    } catch {
      throw Failure(.failed, error.message)
    }
    var configuration = HTTPServer.Configuration(
      version: Build.version, dialectVersion: Database.clickHouseVersion)
    if let address {
      configuration.host = address.host
      configuration.port = address.port
    }
    configuration.limits.connectionsMax = min(
      configuration.limits.connectionsMax, raisedFileLimit() / 2)
    let server: HTTPServer
    do throws(ServerError) {
      server = try HTTPServer.start(configuration, service: database)
    } catch {
      database.close()
      if case .notLoopback = error { throw Failure(.usage, error.sentence) }
      throw Failure(.failed, error.sentence)
    }
    Console.line("listening \(server.url)")

    let number = stopping.wait { server.hurry() }
    server.stop(grace: Self.grace)
    database.close()
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
