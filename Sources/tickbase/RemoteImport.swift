/// One file on its way to a server, with the report of its rejected rows kept here.
import TickColumns
import TickEngine
import TickFormats
import TickServer

struct RemoteImport {
  let file: String
  let options: ImportOptions

  /// Returns how many rows were rejected.
  func run(_ client: QueryClient) throws(ClientError) -> Int {
    let showsProgress = Console.errorIsTerminal
    let rejects = RejectsReport(of: file, path: options.rejectsPath)
    let source: FileBytes
    do throws(EngineError) {
      source = try FileBytes(path: file)
    } catch {
      throw .refused(error.message)
    }
    var outcome = ImportOutcome()
    let request = ImportRequest(fileName: file, options: options, showsProgress: showsProgress)
    defer { if showsProgress { ImportLine.clear() } }
    try client.importFile(request) { () throws(ClientError) in
      if showsProgress {
        ImportLine.showSent(source.bytesRead, of: source.byteCount, file: file)
      }
      do throws(FormatError) {
        return try source.next()
      } catch {
        throw .refused("\(file): \(error.message)")
      }
    } event: { (event) throws(ClientError) in
      switch event {
      case .progress(let progress): if showsProgress { ImportLine.show(progress, of: file) }
      case .rejected(let row):
        do throws(EngineError) {
          try rejects.append([row], firstLine: 0)
        } catch {
          throw .refused(error.message)
        }
      case .imported(let whole): outcome = whole
      }
    }
    if showsProgress { ImportLine.clear() }
    if outcome.rejectedRows > 0 { outcome.rejectsPath = rejects.path }
    ImportLine.tell(outcome, of: file)
    return outcome.rejectedRows
  }
}
