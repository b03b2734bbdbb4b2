/// One statement and its answer, between the event loop that owns the connection and the worker that runs it.
import TickColumns
import TickEngine

final class Exchange: Sendable {
  let body: RequestBody
  let response: ResponseStream
  let cancellation = CancelFlag()
  private let request: QueryRequest
  private let service: any QueryService

  init(
    request: QueryRequest, service: any QueryService, body: RequestBody, response: ResponseStream
  ) {
    self.request = request
    self.service = service
    self.body = body
    self.response = response
  }

  /// Runs the statement to its end. Called by one of the engine's request threads.
  func run() {
    guard !cancellation.isCancelled else {
      response.fail(EngineError(.queryWasCancelled, "the query was cancelled before it began"))
      return
    }
    do throws(EngineError) {
      response.finish(
        try service.execute(request, input: body, sink: response, cancellation: cancellation))
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
