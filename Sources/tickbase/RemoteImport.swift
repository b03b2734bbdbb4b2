/// One file on its way to a server, with the report of its rejected rows kept here.
import TickColumns
import TickEngine
import TickFormats
import TickServer

struct RemoteImport {
  let file: InputFile
  let options: ImportOptions
  let isDryRun: Bool

  /// Returns how many rows were rejected.
  func run(_ client: QueryClient, _ line: ImportLine) throws(ClientError) -> Int {
    let rejects = RejectsReport(of: file.name, path: options.rejectsPath)
    let source: FileBytes
    do throws(EngineError) {
      source = try FileBytes(path: file.path)
    } catch {
      throw .refused(error.message)
    }
    var outcome = ImportOutcome()
    var reasons: [RejectReason] = []
    var request = ImportRequest(
      fileName: file.name, options: options, showsProgress: line.showsProgress && !isDryRun)
    request.isDryRun = isDryRun
    defer { line.clear() }
    try client.importFile(request) { () throws(ClientError) in
      line.showSent(source.bytesRead, of: source.byteCount)
      do throws(FormatError) {
        return try source.next()
      } catch {
        throw .refused("\(file.name): \(error.message)")
      }
    } event: { (event) throws(ClientError) in
      switch event {
      case .progress(let progress): line.show(progress)
      case .rejected(let row): rejects.append([row], firstLine: 0)
      case .reason(let reason): reasons.append(reason)
      case .preview(let text): Console.line(text)
      case .imported(let whole): outcome = whole
      }
    }
    if isDryRun { return 0 }
    rejects.restore(reasons)
    outcome.reasons = reasons
    do throws(EngineError) {
      outcome.rejectsPath = try rejects.write()
    } catch {
      outcome.reportProblem = error.message
    }
    line.tell(outcome)
    return outcome.rejectedRows
  }
}
