/// Sessions: whose they are, how long they last, and that two requests never share one.
import NIOCore
import Synchronization
import TickColumns
import TickEngine
import Testing

@testable import TickServer

struct SessionTests {
  /// A clock that a test moves.
  private final class Clock: Sendable {
    private let seconds = Mutex<Int64>(1000)
    var now: NIODeadline { seconds.withLock { .uptimeNanoseconds(UInt64($0) * 1_000_000_000) } }
    func pass(_ count: Int64) { seconds.withLock { $0 += count } }
  }

  private func registry(_ clock: Clock, max: Int = 100) -> SessionRegistry {
    SessionRegistry(sessionsMax: max, database: { $0 + "_db" }, now: { clock.now })
  }

  private func code(_ body: () throws(EngineError) -> Void) -> ErrorCode? {
    do throws(EngineError) {
      try body()
      return nil
    } catch {
      return error.code
    }
  }

  @Test("one user's session comes back, another's id names nothing")
  func ownership() throws {
    let registry = registry(Clock())
    let ticket = SessionTicket(user: "a", id: "s")
    let first = try registry.take(ticket)
    registry.giveBack(ticket)
    #expect(try registry.take(ticket) === first)
    registry.giveBack(ticket)
    let foreign = SessionTicket(user: "b", id: "s", mustExist: true)
    #expect(code { () throws(EngineError) in _ = try registry.take(foreign) } == .sessionNotFound)
    #expect(try registry.take(SessionTicket(user: "b", id: "s")) !== first)
  }

  @Test("a session is locked until it is given back")
  func locking() throws {
    let registry = registry(Clock())
    let ticket = SessionTicket(user: "a", id: "s")
    _ = try registry.take(ticket)
    #expect(code { () throws(EngineError) in _ = try registry.take(ticket) } == .sessionIsLocked)
    registry.giveBack(ticket)
    #expect(code { () throws(EngineError) in _ = try registry.take(ticket) } == nil)
  }

  @Test("a session ends after its time, and time counts from the last request")
  func expiry() throws {
    let clock = Clock()
    let registry = registry(clock)
    let ticket = SessionTicket(user: "a", id: "s", timeout: .seconds(60), mustExist: true)
    let first = try registry.take(SessionTicket(user: "a", id: "s"))
    clock.pass(500)  // A running request keeps its session.
    registry.giveBack(ticket)
    clock.pass(59)
    #expect(try registry.take(ticket) === first)
    registry.giveBack(ticket)
    clock.pass(60)
    #expect(code { () throws(EngineError) in _ = try registry.take(ticket) } == .sessionNotFound)
    #expect(registry.count == 0)
  }

  @Test("a closing request is the last one")
  func closing() throws {
    let registry = registry(Clock())
    let ticket = SessionTicket(user: "a", id: "s", closes: true)
    _ = try registry.take(ticket)
    registry.giveBack(ticket)
    #expect(registry.count == 0)
  }

  @Test("sessions are bounded, and ended ones make room")
  func bound() throws {
    let clock = Clock()
    let registry = registry(clock, max: 3)
    for id in ["1", "2", "3"] {
      let ticket = SessionTicket(user: "a", id: id)
      _ = try registry.take(ticket)
      registry.giveBack(ticket)
    }
    let one = SessionTicket(user: "a", id: "4")
    #expect(
      code { () throws(EngineError) in _ = try registry.take(one) } == .tooManySimultaneousQueries)
    clock.pass(61)
    #expect(code { () throws(EngineError) in _ = try registry.take(one) } == nil)
    #expect(registry.count == 1)
  }

  @Test("the session is free before the client has the whole answer")
  func freedInTime() throws {
    let harness = try Harness()
    let client = harness.client()
    for _ in 0..<200 {
      #expect(client.ask("POST", "/?session_id=s", body: "echo 1").status == 200)
    }
    let requests = harness.service.log.withLock { $0.requests }
    #expect(requests.allSatisfy { $0.session === requests[0].session && $0.session != nil })
  }

  @Test(
    "parameters of sessions are checked",
    arguments: [
      ("session_id=", "744"), ("session_id=s&session_timeout=3601", "374"),
      ("session_id=s&session_timeout=x", "374"), ("session_id=s&session_check=1", "372"),
      ("session_id=" + String(repeating: "x", count: 257), "36"),
    ])
  func refused(parameters: String, code: String) throws {
    let harness = try Harness()
    #expect(
      harness.ask("POST", "/?" + parameters, body: "echo 1")["X-ClickHouse-Exception-Code"] == code)
  }
}
