/// HTTP status of an answer. Clients decide by it whether to try again, so it follows ClickHouse's table.
import TickColumns

struct StatusCode: Hashable, Sendable {
  let number: Int

  static let ok = StatusCode(number: 200)
  static let noContent = StatusCode(number: 204)
  static let badRequest = StatusCode(number: 400)
  static let forbidden = StatusCode(number: 403)
  static let notFound = StatusCode(number: 404)
  static let requestTimeout = StatusCode(number: 408)
  static let uriTooLong = StatusCode(number: 414)
  static let expectationFailed = StatusCode(number: 417)
  static let misdirected = StatusCode(number: 421)
  static let headersTooLarge = StatusCode(number: 431)
  static let notImplemented = StatusCode(number: 501)
  static let unavailable = StatusCode(number: 503)

  /// Whether a message with this status has a body.
  var hasBody: Bool { number != 204 }

  var reason: String {
    switch number {
    case 200: "OK"
    case 204: "No Content"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 408: "Request Timeout"
    case 411: "Length Required"
    case 413: "Payload Too Large"
    case 414: "URI Too Long"
    case 415: "Unsupported Media Type"
    case 417: "Expectation Failed"
    case 421: "Misdirected Request"
    case 431: "Request Header Fields Too Large"
    case 501: "Not Implemented"
    case 503: "Service Unavailable"
    default: "Internal Server Error"
    }
  }

  /// ClickHouse's status of an error code, but for two. Full queues are 503 here, as clients repeat a request on this
  /// status and on no other; a body that came too slowly is not, as it would come as slowly again.
  static func of(_ code: ErrorCode) -> StatusCode {
    switch code {
    case .requiredPassword: StatusCode(number: 401)
    case .authenticationFailed: .forbidden
    case .cannotParseText, .duplicateColumn, .cannotParseEscapeSequence, .cannotParseQuotedString,
      .cannotParseInputAssertionFailed, .badArguments, .cannotParseDate, .cannotParseDatetime,
      .illegalColumn, .typeMismatch, .syntaxError, .cannotParseNumber, .incorrectData, .tooBigAst,
      .valueIsOutOfRangeOfDataType:
      .badRequest
    case .unknownFunction, .unknownIdentifier, .unknownType, .unknownStorage, .unknownTable,
      .unknownAggregateFunction, .unknownFormat, .unknownDatabase, .unknownSetting,
      .unknownRole:
      .notFound
    case .timeoutExceeded, .socketTimeout: .requestTimeout
    case .httpLengthRequired: StatusCode(number: 411)
    case .queryIsTooLarge: StatusCode(number: 413)
    case .unsupportedMediaType: StatusCode(number: 415)
    case .notImplemented: .notImplemented
    case .cannotOpenFile, .tooManySimultaneousQueries: .unavailable
    default: StatusCode(number: 500)
    }
  }
}
