/// What the door asks of the engine besides statements: to import one file that a client sends.

/// One file and how to answer.
public struct ImportRequest: Sendable {
  /// What the client calls the file: named in messages, and asked for the symbol. Nothing is opened by it.
  public var fileName: String
  /// `rejectsPath` is not used: rejected rows are part of the answer.
  public var options: ImportOptions
  /// True when the answer shall say on the way how far the import is.
  public var showsProgress: Bool
  /// True when the file shall be looked at and nothing stored.
  public var isDryRun = false
  /// Who asks, and where from, for those who watch.
  public var queryID = ""
  public var user = "default"
  public var client = ClientFacts()

  public init(fileName: String, options: ImportOptions, showsProgress: Bool = false) {
    self.fileName = fileName
    self.options = options
    self.showsProgress = showsProgress
  }
}

/// Imports what clients send. Blocks its caller, as `QueryService.execute` does.
public protocol ImportService: Sendable {
  /// Receives a file and imports it whole or not at all. The answer is a line of JSON per event, `ImportEvent`; an error
  /// before `sink.begin` belongs in the status line.
  func importFile(
    _ request: ImportRequest, input: any QueryInput, sink: any QuerySink,
    cancellation: any Cancellation
  ) throws(EngineError) -> QuerySummary
}
