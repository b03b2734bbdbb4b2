/// How this server names itself, and the headers that go with every answer about a query.
import TickColumns
import TickEngine

struct ServerSignature: Sendable {
  /// Our own version, for `Server`.
  var version: String
  /// The ClickHouse version whose dialect is spoken, for error texts.
  var dialectVersion: String
  /// The host's name.
  var displayName: String

  /// Headers of every answer.
  var common: [(name: String, value: String)] {
    [
      ("Server", "Tickbase/\(version)"),
      ("X-Content-Type-Options", "nosniff"),
    ]
  }

  /// Headers of an answer about a query.
  func query(id: String, tag: String) -> [(name: String, value: String)] {
    var out = common
    out.append(("X-ClickHouse-Server-Display-Name", displayName))
    if !id.isEmpty { out.append(("X-ClickHouse-Query-Id", id)) }
    out.append(("X-ClickHouse-Exception-Tag", tag))
    return out
  }

  /// The body of an error. Who was not let in is not told the version.
  func text(_ error: EngineError) -> String {
    guard error.code != .authenticationFailed, error.code != .requiredPassword else {
      return "Code: \(error.code.rawValue). DB::Exception: \(error.message) (\(error.code.name))\n"
    }
    return error.text(version: dialectVersion)
  }

  /// The head of an error that is known before anything was sent; `result` is that of a result that tells it.
  func failureFields(
    _ error: EngineError, queryID: String, tag: String, in result: ResultHead? = nil
  ) -> [(name: String, value: String)] {
    var fields = query(id: queryID, tag: tag)
    fields.append(("Content-Type", result?.contentType ?? "text/plain; charset=UTF-8"))
    if let format = result?.format { fields.append(("X-ClickHouse-Format", format)) }
    fields.append(("X-ClickHouse-Exception-Code", String(error.code.rawValue)))
    if error.code == .requiredPassword {
      fields.append(("WWW-Authenticate", "Basic realm=\"ClickHouse server HTTP API\""))
    }
    if error.code == .tooManySimultaneousQueries { fields.append(("Retry-After", "1")) }
    return fields
  }

  /// An error that the endpoint itself found. `common` is left out: it is added to every reply.
  func failure(_ error: EngineError, queryID: String, tag: String) -> Reply {
    let own = Set(common.map(\.name))
    let fields = failureFields(error, queryID: queryID, tag: tag).filter { !own.contains($0.name) }
    return Reply(status: .of(error.code), fields: fields, body: Array(text(error).utf8))
  }
}
