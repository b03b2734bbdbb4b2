/// URL parameters of an import. Each acts or is refused.
import NIOHTTP1
import TickColumns
import TickEngine

struct ImportParameters: Sendable {
  var request = ImportRequest(fileName: "", options: ImportOptions())
  var queryID = ""
  var user: String?
  var password: String?

  init(
    _ query: Substring, _ headers: HTTPHeaders, limits: ServerLimits
  ) throws(EngineError) {
    for (rawName, rawValue) in try decodedParameters(query) {
      let name = String(decoding: rawName, as: UTF8.self)
      let value = String(decoding: rawValue, as: UTF8.self)
      let given = value.isEmpty ? nil : value
      switch name {
      case "file": request.fileName = value
      case "table": request.options.table = given
      case "exchange": request.options.exchange = given
      case "symbol": request.options.symbol = given
      case "progress": request.showsProgress = try QueryParameters.flag(name, value)
      case "query_id": queryID = value
      case "user": user = value
      case "password": password = value
      default:
        throw EngineError(
          .badArguments,
          "an import has no URL parameter '\(name)'; it has file, table, exchange, symbol, progress and query_id"
        )
      }
    }
    queryID = try QueryParameters.checkedQueryID(
      headers.first(name: "X-ClickHouse-Query-Id") ?? queryID, limits: limits)
    guard request.fileName.utf8.count <= limits.fileNameBytesMax else {
      throw EngineError(
        .badArguments, "the file's name is longer than \(limits.fileNameBytesMax) bytes; shorten it"
      )
    }
    if request.fileName.isEmpty { request.fileName = "the file" }
  }
}
