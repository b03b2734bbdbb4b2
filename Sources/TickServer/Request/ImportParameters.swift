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
      switch name {
      case "file": request.fileName = value
      case "progress": request.showsProgress = try QueryParameters.flag(name, value)
      case "dry_run": request.isDryRun = try QueryParameters.flag(name, value)
      case "query_id": queryID = value
      case "user": user = value
      case "password": password = value
      case _ where try request.options.take(name, value): break
      default:
        let known = ["file"] + ImportOptions.parameterNames + ["progress", "dry_run"]
        throw EngineError(
          .badArguments,
          "an import has no URL parameter '\(name)'; it has \(known.joined(separator: ", ")) and query_id"
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
