/// One statement or import and its answer, between the event loop that owns the connection and the worker that runs it.
import TickColumns
public import TickEngine

/// What the server needs of the engine.
public typealias RequestService = QueryService & ImportService & MonitoringService

final class Exchange: Cancellation {
  let body: RequestBody
  private let coding: BodyCoding
  let response: ResponseStream
  private let flag = CancelFlag()
  private let work: RequestedWork
  private let service: any RequestService
  private let sessions: SessionRegistry
  private let pages: StatusPages

  init(
    work: RequestedWork, service: any RequestService, sessions: SessionRegistry,
    pages: StatusPages, body: RequestBody, coding: BodyCoding, response: ResponseStream
  ) {
    self.pages = pages
    self.work = work
    self.coding = coding
    self.service = service
    self.sessions = sessions
    self.body = body
    self.response = response
  }

  /// Does the work to its end. Called by one of the engine's request threads, or that of the status pages.
  func run() {
    guard !isCancelled else {
      response.fail(EngineError(.queryWasCancelled, "the query was cancelled before it began"))
      return
    }
    let input: any QueryInput = coding.isPlain ? body : DecodedBody(body, coding)
    do throws(EngineError) {
      switch work {
      case .statement(let request, let ticket):
        response.finish(try execute(request, ticket, input))
      case .page(let page): response.answer(pages.make(page))
      case .importing(let request):
        response.finish(
          try service.importFile(request, input: input, sink: response, cancellation: self))
      }
    } catch {
      response.fail(error)
    }
  }

  /// The session is free again when this returns: the end of the answer, which the client waits for, comes after.
  private func execute(
    _ given: QueryRequest, _ ticket: SessionTicket?, _ input: any QueryInput
  ) throws(EngineError) -> QuerySummary {
    var request = given
    if let ticket { request.session = try sessions.take(ticket) }
    defer { if let ticket { sessions.giveBack(ticket) } }
    return try service.execute(request, input: input, sink: response, cancellation: self)
  }

  var isCancelled: Bool { flag.isCancelled }

  /// The statement was killed: frees the worker wherever it waits; the client is told.
  func cancel() {
    flag.raise()
    let reason = EngineError(.queryWasCancelled, "Query was cancelled")
    body.fail(reason)
    response.interrupt(reason)
  }

  /// The client is gone: stops the statement and frees the worker wherever it waits.
  func abandon() {
    flag.raise()
    body.fail(ResponseStream.gone)
    response.close()
  }

  /// The server stops: the statement fails, the client is told.
  func interrupt() {
    flag.raise()
    let reason = EngineError(.queryWasCancelled, "the server is stopping")
    body.fail(reason)
    response.interrupt(reason)
  }
}
