/// Sessions of the HTTP endpoint: requests that carry the same `session_id` share what USE and SET changed.
///
/// Invariants:
/// 1. A session belongs to one user: the id of another one's names nothing.
/// 2. At most one request has a session at a time; a second one is refused (373), never made to wait.
/// 3. A session ends `timeout` after its last request, or with the request that closes it. What has ended is found
///    by whoever asks next, so no thread watches.
import NIOCore
import Synchronization
import TickColumns
import TickEngine

/// What a request says of its session.
struct SessionTicket: Hashable, Sendable {
  var user: String
  var id: String
  var timeout = SessionRegistry.timeoutDefault
  /// The session must be there already.
  var mustExist = false
  /// The request is its last one.
  var closes = false
}

final class SessionRegistry: Sendable {
  static let timeoutDefault = Duration.seconds(60)
  static let timeoutMax = Duration.seconds(3600)
  /// Bytes of a session's id.
  static let idBytesMax = 256

  private struct Key: Hashable {
    let user: String
    let id: String
  }

  private struct Entry {
    let session: Session
    /// Nil while a request has it.
    var endsAt: NIODeadline?
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    var nextSweep = NIODeadline.uptimeNanoseconds(0)
  }

  private static let sweepPause = TimeAmount.seconds(10)

  private let sessionsMax: Int
  private let database: @Sendable (_ user: String) -> String
  private let now: @Sendable () -> NIODeadline
  private let state = Mutex(State())

  /// `database` is where a user's new session begins.
  init(
    sessionsMax: Int, database: @escaping @Sendable (_ user: String) -> String = { _ in "default" },
    now: @escaping @Sendable () -> NIODeadline = { .now() }
  ) {
    self.sessionsMax = sessionsMax
    self.database = database
    self.now = now
  }

  var count: Int { state.withLock { $0.entries.count } }

  /// Takes a session for one request, making it where there is none. Throws 372, 373, and 202 when there are too many.
  func take(_ ticket: SessionTicket) throws(EngineError) -> Session {
    let key = Key(user: ticket.user, id: ticket.id)
    let now = now()
    let taken = state.withLock { state -> Result<Session, EngineError> in
      if now >= state.nextSweep || state.entries.count >= sessionsMax {
        state.entries = state.entries.filter { $0.value.endsAt.map { $0 > now } ?? true }
        state.nextSweep = now + Self.sweepPause
      }
      if let entry = state.entries[key], entry.endsAt.map({ $0 > now }) ?? true {
        guard entry.endsAt != nil else {
          return .failure(
            EngineError(.sessionIsLocked, "Session \(ticket.id) is locked by a concurrent client"))
        }
        state.entries[key]?.endsAt = nil
        return .success(entry.session)
      }
      guard !ticket.mustExist else {
        return .failure(EngineError(.sessionNotFound, "Session \(ticket.id) not found"))
      }
      guard state.entries.count < sessionsMax else {
        return .failure(
          EngineError(
            .tooManySimultaneousQueries,
            "too many sessions: \(sessionsMax) are open already; close some with close_session=1 or wait until they end"
          ))
      }
      let session = Session(database: database(ticket.user))
      state.entries[key] = Entry(session: session, endsAt: nil)
      return .success(session)
    }
    return try taken.get()
  }

  /// Gives a session back. To be called before the last byte of the answer leaves: the client may ask again at once.
  func giveBack(_ ticket: SessionTicket) {
    let key = Key(user: ticket.user, id: ticket.id)
    let endsAt = now() + TimeAmount(ticket.timeout)
    state.withLock { state in
      if ticket.closes {
        state.entries[key] = nil
      } else {
        state.entries[key]?.endsAt = endsAt
      }
    }
  }
}
