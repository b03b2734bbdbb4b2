/// URL parameters of a query, sorted into what the endpoint does itself, what it hands to the engine, and what
/// it refuses because nothing acts on it yet.
import NIOHTTP1
import TickColumns
import TickEngine

struct QueryParameters: Sendable {
  /// All `query` parameters one after the other.
  var text: [UInt8] = []
  var database = ""
  var defaultFormat = ""
  var queryID = ""
  var waitsForEnd = false
  /// Nil when not given.
  var bufferSize: Int?
  /// What the client understands of Native; 0 when it did not say.
  var protocolVersion = 0
  /// The frames of ClickHouse's protocol around the answer and around the request.
  var framesAnswer = false
  var framesRequest = false
  /// Whether the answer may be packed as the client accepts it.
  var packsAnswer = true
  /// Nil for the default of the packing.
  var packingLevel: Int?
  /// A page of another origin wants to read the answer.
  var asksForOrigins = false
  var user: String?
  var password: String?
  /// `param_x` by the name x: values of `{x:Type}`.
  var values: [String: [UInt8]] = [:]
  /// Nil without a session.
  var sessionID: String?
  var sessionTimeout = SessionRegistry.timeoutDefault
  var sessionMustExist = false
  var sessionCloses = false
  /// Everything else, in order, for the engine to take or refuse.
  var settings: [SettingChange] = []

  init(_ query: Substring, limits: ServerLimits) throws(EngineError) {
    for (rawName, rawValue) in try decodedParameters(query) {
      if rawName.elementsEqual("query".utf8) {
        text += rawValue
        continue
      }
      let name = String(decoding: rawName, as: UTF8.self)
      if name.hasPrefix("param_") {
        values[String(name.dropFirst("param_".count))] = rawValue
        continue
      }
      try take(name, String(decoding: rawValue, as: UTF8.self), limits)
    }
  }

  private mutating func take(
    _ name: String, _ value: String, _ limits: ServerLimits
  ) throws(EngineError) {
    switch name {
    case "database": database = value
    case "default_format": defaultFormat = value
    case "query_id": queryID = value
    case "user": user = value
    case "password": password = value
    case "wait_end_of_query", "http_wait_end_of_query":
      waitsForEnd = try Self.flag(name, value)
    case "buffer_size", "http_response_buffer_size":
      guard let bytes = Int(value), bytes >= 0, bytes <= limits.heldResultBytesMax else {
        throw EngineError(
          .badArguments,
          "\(name) is '\(value)', which is not a number of bytes from 0 to \(limits.heldResultBytesMax)"
        )
      }
      bufferSize = bytes
    case "quota_key": break  // Names a quota; there are none that it could be counted against.
    case "compress": framesAnswer = try Self.flag(name, value)
    case "decompress": framesRequest = try Self.flag(name, value)
    case "enable_http_compression": packsAnswer = try Self.flag(name, value)
    case "http_zlib_compression_level":
      guard let level = Int(value), Self.packingLevels.contains(level) else {
        throw EngineError(
          .badArguments,
          "\(name) is '\(value)', which is not a level from \(Self.packingLevels.lowerBound) to \(Self.packingLevels.upperBound)"
        )
      }
      packingLevel = level
    case "add_http_cors_header": asksForOrigins = try Self.flag(name, value)
    case "stacktrace": break  // There is none to show, as in a ClickHouse built without symbols.
    case "session_id":
      guard !value.isEmpty else {
        throw EngineError(
          .sessionIDEmpty, "Session id query parameter was provided, but it was empty")
      }
      guard value.utf8.count <= SessionRegistry.idBytesMax else {
        throw EngineError(
          .badArguments,
          "session_id is longer than \(SessionRegistry.idBytesMax) bytes; shorten it")
      }
      sessionID = value
    case "session_timeout":
      let most = SessionRegistry.timeoutMax.components.seconds
      guard let seconds = Int64(value), seconds >= 0, seconds <= most else {
        throw EngineError(
          .invalidSessionTimeout,
          "session_timeout is '\(value)', which is not a number of seconds from 0 to \(most)")
      }
      sessionTimeout = .seconds(seconds)
    case "session_check": sessionMustExist = try Self.flag(name, value)
    case "close_session": sessionCloses = try Self.flag(name, value)
    case "role":
      throw EngineError(.unknownRole, "Role '\(value)' does not exist; there are no roles here")
    case "client_protocol_version":
      guard let version = Int(value), version >= 0 else {
        throw EngineError(.badArguments, "\(name) is '\(value)', which is not a version number")
      }
      protocolVersion = version
    default:
      settings.append(SettingChange(name, value))
    }
  }

  /// The levels of zlib; zstd knows them too.
  private static let packingLevels = 1...9

  static func flag(_ name: String, _ value: String) throws(EngineError) -> Bool {
    switch value.lowercased() {
    case "1", "true": return true
    case "0", "false": return false
    default:
      throw EngineError(.badArguments, "\(name) is '\(value)', which is not 0, 1, true or false")
    }
  }

  /// What the session is to whom; nil without one.
  func ticket(of user: String) -> SessionTicket? {
    sessionID.map {
      SessionTicket(
        user: user, id: $0, timeout: sessionTimeout, mustExist: sessionMustExist,
        closes: sessionCloses)
    }
  }

  /// Takes what headers say; they stand above the parameters.
  mutating func takeHeaders(_ headers: HTTPHeaders, limits: ServerLimits) throws(EngineError) {
    if let name = headers.first(name: "X-ClickHouse-Database") { database = name }
    if let name = headers.first(name: "X-ClickHouse-Format") { defaultFormat = name }
    if let id = headers.first(name: "X-ClickHouse-Query-Id") { queryID = id }
    let id = queryID
    queryID = ""
    queryID = try Self.checkedQueryID(id, limits: limits)
  }

  /// An id as it may come back in a header.
  static func checkedQueryID(_ id: String, limits: ServerLimits) throws(EngineError) -> String {
    let safe = Framing.safe(id)
    guard safe.utf8.count <= limits.queryIDBytesMax else {
      throw EngineError(
        .badArguments, "query_id is longer than \(limits.queryIDBytesMax) bytes; shorten it")
    }
    return safe
  }
}

/// The parameters of a URL; throws where an escape is broken.
func decodedParameters(
  _ query: Substring
) throws(EngineError) -> [(name: [UInt8], value: [UInt8])] {
  guard let parameters = decodeParameters(query) else {
    throw EngineError(
      .badArguments,
      "the request URL holds a '%' that two hexadecimal digits do not follow; send it as %25")
  }
  return parameters
}
