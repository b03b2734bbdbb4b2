/// One statement or import and its answer, between the event loop that owns the connection and the worker that runs it.
import TickColumns
public import TickEngine

/// What the server needs of the engine.
public typealias RequestService = QueryService & ImportService

final class Exchange: Sendable {
  let body: RequestBody
  private let coding: BodyCoding
  let response: ResponseStream
  let cancellation = CancelFlag()
  private let work: RequestedWork
  private let service: any RequestService

  init(
    work: RequestedWork, service: any RequestService, body: RequestBody, coding: BodyCoding,
    response: ResponseStream
  ) {
    self.work = work
    self.coding = coding
    self.service = service
    self.body = body
    self.response = response
  }

  /// Does the work to its end. Called by one of the engine's request threads.
  func run() {
    guard !cancellation.isCancelled else {
      response.fail(EngineError(.queryWasCancelled, "the query was cancelled before it began"))
      return
    }
    let input: any QueryInput = coding.isPlain ? body : DecodedBody(body, coding)
    do throws(EngineError) {
      switch work {
      case .statement(let request):
        response.finish(
          try service.execute(request, input: input, sink: response, cancellation: cancellation))
      case .importing(let request):
        response.finish(
          try service.importFile(request, input: input, sink: response, cancellation: cancellation))
      }
    } catch {
      response.fail(error)
    }
  }

  /// The client is gone: stops the statement and frees the worker wherever it waits.
  func abandon() {
    cancellation.raise()
    body.fail(ResponseStream.gone)
    response.close()
  }

  /// The server stops: the statement fails, the client is told.
  func interrupt() {
    cancellation.raise()
    body.fail(EngineError(.queryWasCancelled, "the server is stopping"))
  }
}
