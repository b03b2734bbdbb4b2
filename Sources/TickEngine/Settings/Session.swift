/// What outlives a statement for the one who sends several: the current database, settings that SET changed, and
/// values of query parameters.
///
/// Invariants:
/// 1. A session is changed by USE and SET alone; what a request says beside its statement holds for that statement.
/// 2. What SET would not accept is never in a session, so replaying its changes cannot fail for a new reason.
/// 3. A session is bounded: a name counts once, and parameters together have at most `parameterBytesMax`.
import Synchronization
import TickColumns

/// One setting as somebody asked for it.
public struct SettingChange: Hashable, Sendable {
  public var name: String
  /// Nil for the default.
  public var value: String?

  public init(_ name: String, _ value: String?) {
    self.name = name
    self.value = value
  }
}

public final class Session: Sendable {
  /// Bytes of parameters that one session may keep.
  public static let parameterBytesMax = 1 << 20

  struct State: Sendable {
    var database: String
    var changes: [SettingChange] = []
    var parameters: [String: [UInt8]] = [:]
  }

  private let state: Mutex<State>

  public init(database: String = "default") {
    state = Mutex(State(database: database))
  }

  var current: State { state.withLock { $0 } }

  func use(_ database: String) {
    state.withLock { $0.database = database }
  }

  /// Takes changes that were found good.
  func set(_ changes: [SettingChange]) {
    state.withLock { state in
      for change in changes {
        state.changes.removeAll { $0.name == change.name }
        if change.value != nil { state.changes.append(change) }
      }
    }
  }

  /// Throws 241 when a session would keep too much.
  func set(parameters: [String: [UInt8]]) throws(EngineError) {
    let fits = state.withLock { state in
      let merged = state.parameters.merging(parameters) { $1 }
      let bytes = merged.reduce(0) { $0 + $1.key.utf8.count + $1.value.count }
      guard bytes <= Self.parameterBytesMax else { return false }
      state.parameters = merged
      return true
    }
    guard fits else {
      throw EngineError(
        .memoryLimitExceeded,
        "the query parameters of a session are at most \(Self.parameterBytesMax) bytes; send long values with the statement"
      )
    }
  }
}
