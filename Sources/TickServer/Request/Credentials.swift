/// Who is asking, in any of ClickHouse's three ways; `Accounts` says whether it is true.
import NIOHTTP1
import TickColumns
import TickEngine

struct Credentials: Hashable, Sendable {
  var user: String
  var password: String
  /// Nobody said who is asking.
  var areAbsent = false

  /// Reads headers, Basic and URL parameters. Two ways that agree are one, as some plugins send both.
  static func read(
    headers: HTTPHeaders, userParameter: String?, passwordParameter: String?
  ) throws(EngineError) -> Credentials {
    var found: [(way: String, credentials: Credentials)] = []
    let user = headers.first(name: "X-ClickHouse-User")
    let key = headers.first(name: "X-ClickHouse-Key")
    if user != nil || key != nil {
      found.append(
        ("X-ClickHouse HTTP headers", Credentials(user: user ?? "default", password: key ?? "")))
    }
    if let text = headers.first(name: "Authorization") {
      found.append(("Authorization HTTP header", try authorization(text)))
    }
    if userParameter != nil || passwordParameter != nil {
      found.append(
        (
          "authentication via parameters",
          Credentials(user: userParameter ?? "default", password: passwordParameter ?? "")
        ))
    }
    if headers.first(name: "X-ClickHouse-SSL-Certificate-Auth")?.lowercased() == "on" {
      throw EngineError(
        .authenticationFailed,
        "Authentication failed: there are no certificates here; send a user name instead")
    }
    guard let first = found.first else {
      return Credentials(user: "default", password: "", areAbsent: true)
    }
    for other in found.dropFirst() where other.credentials != first.credentials {
      throw EngineError(
        .authenticationFailed,
        "Invalid authentication: it is not allowed to use \(first.way) and \(other.way) simultaneously"
      )
    }
    guard !first.credentials.user.isEmpty else {
      throw EngineError(
        .authenticationFailed, "Authentication failed: the user name is empty; send one")
    }
    return first.credentials
  }

  private static func authorization(_ text: String) throws(EngineError) -> Credentials {
    let words = text.split(separator: " ", maxSplits: 1)
    guard words.count == 2, words[0].lowercased() == "basic",
      let decoded = base64Decoded(words[1].drop { $0 == " " })
    else {
      throw EngineError(
        .authenticationFailed,
        "Authentication failed: the Authorization header is not 'Basic' with Base64 of user:password"
      )
    }
    let colon = decoded.firstIndex(of: UInt8(ascii: ":")) ?? decoded.endIndex
    return Credentials(
      user: String(decoding: decoded[..<colon], as: UTF8.self),
      password: String(decoding: decoded[colon...].dropFirst(), as: UTF8.self))
  }
}
