/// One client connection: requests in order, one at a time, each answered before the next is looked at.
///
///     idle -> collecting -> running -> idle            a statement
///       \-> running -> idle                            an import: the body goes to its worker from the start
///     collecting, idle -> waiting -> running           a body that is not whole, while others hold all places
///       \-> refusing -> idle                           a short answer; a small body is read and dropped first
///     any -> discarding -> closed                      answered before the body ended: the rest is thrown away
///     any -> lingering -> closed                       we closed our side and wait for the client's
///
/// Invariants:
/// 1. Everything here happens on the connection's event loop; workers reach it through `deliver`.
/// 2. Bytes are read only when something can take them: not while a whole request waits for its answer, nor while
///    the body backlog is full. Requests that came in the same read wait in `pipelined`.
/// 3. A part from a worker counts only while its exchange is the current one.
/// 4. Leaving `running` by the client's doing abandons the exchange; its worker never waits for a dead socket.
/// 5. While a worker may wait for the rest of a body, the connection holds one of the `places` for that, and no longer.
/// 6. While the server waits for a body there is a `readDeadline`, which its bytes move and their sender cannot.
import NIOCore
import NIOHTTP1
import TickColumns
import TickEngine

final class Connection: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  enum Phase {
    case idle
    /// Gathering the text of a statement in `text`.
    case collecting(QueryPlan)
    /// Dropping a small body before the answer.
    case refusing(Reply, Framing)
    /// The body is not whole, and a worker may not be asked before there is a place for it.
    case waiting(QueryPlan, BodyPlaces.Ticket)
    case running(Exchange, requestEnded: Bool)
    /// The answer is out and says that the connection closes.
    case discarding
    /// The answer is out; only the end of the request, which has no body, is missing.
    case answered
    case lingering
    case closed
  }

  private let service: any RequestService
  let admission: Admission
  let limits: ServerLimits
  let registry: ConnectionRegistry
  private let sessions: SessionRegistry
  private let pages: StatusPages
  var counters: ServerCounters { pages.counters }
  let gauge: ByteGauge
  private let places: BodyPlaces

  var context: ChannelHandlerContext?
  private var id: Int?
  var phase = Phase.idle {
    didSet {
      giveUpPlace(leaving: oldValue)
      if case .running = phase {} else { endProgress() }
    }
  }
  private var hasPlace = false
  /// Whether another request may follow the current one.
  var keepsAlive = true
  /// Tells parts of the current exchange from those of an earlier one.
  private var exchangeNumber = 0
  /// The beginning of the statement: of its text, or of the packed body where it is packed.
  private var text: [UInt8] = []
  private var pipelined = CircularBuffer<HTTPServerRequestPart>()
  private var isHandling = false
  private var isReadHeld = false
  private var isBodyFull = false
  private var discardedBytes = 0
  /// Of the current request, for the counters.
  private var route = ServerCounters.Route.other
  private var requestBegan = StatusPages.ticks()
  var status = StatusCode.ok
  /// Set when the bytes on the wire stopped being HTTP: nothing after them is a request.
  private var isBroken = false

  /// Told in the head of the answer while that is open.
  var progress: HeadProgress?

  var writesWaiting = 0
  var afterWrites = AfterWrites.nothing
  /// When the client must have sent, and have taken, something.
  var readDeadline: NIODeadline?
  var writeDeadline: NIODeadline?
  var timer: Scheduled<Void>?
  var timerAt = NIODeadline.distantFuture

  init(
    service: any RequestService, admission: Admission, registry: ConnectionRegistry,
    sessions: SessionRegistry, pages: StatusPages, gauge: ByteGauge, places: BodyPlaces
  ) {
    self.service = service
    self.sessions = sessions
    self.pages = pages
    self.admission = admission
    self.limits = admission.limits
    self.registry = registry
    self.gauge = gauge
    self.places = places
  }

  // MARK: Life

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
  }

  func channelActive(context: ChannelHandlerContext) {
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    let loop = context.eventLoop
    let admittance = registry.add { order in
      loop.execute { bound.value.obey(order) }
    }
    switch admittance {
    case .admitted(let id):
      self.id = id
      counters.opened()
      readDeadline = .now() + TimeAmount(limits.headTimeout)
      arm()
    case .full:
      refuseConnection(
        "too many connections: \(limits.connectionsMax) are open already; try again later")
    case .stopping:
      refuseConnection("the server is stopping")
    }
    context.fireChannelActive()
  }

  private func refuseConnection(_ sentence: String) {
    answer(
      .text(.unavailable, sentence, mustClose: true), Framing(isHTTP11: true, isHeadOnly: false))
    linger()
  }

  func channelInactive(context: ChannelHandlerContext) {
    if case .running(let exchange, _) = phase { exchange.abandon() }
    phase = .closed
    gauge.stop()
    pipelined.removeAll()
    text = []
    timer?.cancel()
    timer = nil
    if let id {
      registry.remove(id)
      counters.closed()
    }
    id = nil
    context.fireChannelInactive()
  }

  private func obey(_ order: ConnectionRegistry.Order) {
    switch order {
    case .finish:
      keepsAlive = false
      switch phase {
      case .idle where gauge.count == 0: close()
      default: break
      }
      // Whoever takes nothing need not be waited for as long as statements that work.
      if let deadline = writeDeadline {
        writeDeadline = min(deadline, .now() + TimeAmount(sendTimeout))
        arm()
      }
    case .interrupt:
      switch phase {
      case .running(let exchange, _): exchange.interrupt()
      default: close()
      }
    case .close: close()
    }
  }

  // MARK: Reading

  func read(context: ChannelHandlerContext) {
    if wantsBytes { context.read() } else { isReadHeld = true }
  }

  private var wantsBytes: Bool {
    switch phase {
    case .running(_, let requestEnded): !requestEnded && !isBodyFull && !isBroken
    case .idle, .collecting, .refusing, .discarding, .answered, .lingering: true
    case .waiting, .closed: false
    }
  }

  func resumeReading() {
    guard isReadHeld, wantsBytes else { return }
    isReadHeld = false
    context?.read()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    pipelined.append(unwrapInboundIn(data))
    handlePipelined()
  }

  /// Handles what has been read until a request waits for its answer.
  private func handlePipelined() {
    guard !isHandling else { return }
    isHandling = true
    defer { isHandling = false }
    while canHandle, let part = pipelined.popFirst() { handle(part) }
    resumeReading()
  }

  private var canHandle: Bool {
    switch phase {
    case .running(_, requestEnded: true), .waiting: false
    default: true
    }
  }

  private func handle(_ part: HTTPServerRequestPart) {
    switch part {
    case .head(let head): take(head)
    case .body(let bytes): take(bytes)
    case .end: takeEnd()
    }
    arm()
  }

  private func take(_ head: HTTPRequestHead) {
    guard case .idle = phase else { return }
    route = ServerCounters.Route(path: admission.target(of: head)?.path)
    requestBegan = StatusPages.ticks()
    var (facts, refusal) = admission.facts(head)
    facts.peer = context?.channel.remoteAddress
    // After an upgrade request the decoder reads no more HTTP.
    let isUpgrade = head.method == .CONNECT || head.headers.contains(name: "Upgrade")
    keepsAlive = head.isKeepAlive && !isUpgrade && !registry.isStopping
    switch refusal.map({ Decision.reply($0) }) ?? admission.decide(head, facts) {
    case .run(let plan):
      if facts.expectsContinue { write(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")) }
      switch plan.work {
      case .statement(let request, _):
        phase = .collecting(plan)
        text = plan.requestCoding.isPlain ? request.text : []
        readDeadline = .now() + TimeAmount(limits.receiveTimeout)
      case .page:
        phase = .collecting(plan)
        text = []
        readDeadline = .now() + TimeAmount(limits.receiveTimeout)
      case .importing: submit(plan, requestEnded: false)
      }
    case .reply(let reply):
      gauge.stop()
      if !reply.mustClose, !facts.expectsContinue, facts.hasBody,
        let length = facts.declaredLength, length <= limits.refusedBodyBytesMax
      {
        phase = .refusing(reply, facts.framing)
        readDeadline = .now() + TimeAmount(limits.receiveTimeout)
        return
      }
      if facts.hasBody || reply.mustClose { keepsAlive = false }
      answer(reply, facts.framing)
      if reply.mustClose {
        linger()
      } else {
        phase = facts.hasBody ? .discarding : .answered
        readDeadline = .now() + TimeAmount(limits.discardTimeout)
      }
    }
  }

  private func take(_ bytes: ByteBuffer) {
    switch phase {
    case .collecting(let plan):
      text += bytes.readableBytesView
      received(bytes.readableBytes)
      if text.count > limits.statementBytesMax { submit(plan, requestEnded: false) }
    case .running(let exchange, requestEnded: false):
      received(bytes.readableBytes)
      isBodyFull = exchange.body.append(bytes)
      if isBodyFull { readDeadline = nil }
    case .refusing: received(bytes.readableBytes)
    case .discarding, .lingering:
      discardedBytes += bytes.readableBytes
      if discardedBytes > limits.discardedBytesMax { close() }
    case .idle, .waiting, .running, .answered, .closed: break
    }
  }

  /// Each byte of a body earns its share of a second, up to the whole timeout.
  private func received(_ count: Int) {
    let now = NIODeadline.now()
    let earned = TimeAmount.nanoseconds(Int64(count) * 1_000_000_000 / limits.bodyRateMin)
    readDeadline = min((readDeadline ?? now) + earned, now + TimeAmount(limits.receiveTimeout))
  }

  private func takeEnd() {
    switch phase {
    case .collecting(let plan): submit(plan, requestEnded: true)
    case .running(let exchange, _):
      exchange.body.end()
      phase = .running(exchange, requestEnded: true)
      readDeadline = nil
    case .refusing(let reply, let framing):
      answer(reply, framing)
      becomeIdle()
    case .answered, .discarding: becomeIdle()
    case .idle, .waiting, .lingering, .closed: break
    }
  }

  // MARK: Statements

  private func submit(_ plan: QueryPlan, requestEnded: Bool) {
    guard let context else { return }
    if !requestEnded, !hasPlace {
      let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
      let loop = context.eventLoop
      let ticket = places.take { ticket in
        loop.execute { bound.value.placeCame(ticket) }
      }
      if let ticket {
        phase = .waiting(plan, ticket)
        readDeadline = .now() + TimeAmount(limits.placeTimeout)
        return
      }
      hasPlace = true
    }
    gauge.stop()
    var work = plan.work
    if case .statement(var request, let ticket) = work, plan.requestCoding.isPlain {
      request.text = []
      swap(&request.text, &text)
      work = .statement(request, ticket)
    }

    exchangeNumber += 1
    let number = exchangeNumber
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    let loop = context.eventLoop
    isBodyFull = false
    let body = RequestBody(backlogMax: limits.bodyBacklogBytesMax) {
      loop.execute { bound.value.bodyEmptied(number) }
    }
    // What was gathered of a packed body goes the way of the rest of it.
    if !text.isEmpty { isBodyFull = body.append(ByteBuffer(bytes: text)) }
    text = []
    if requestEnded { body.end() }
    let response = ResponseStream(
      plan: plan, signature: admission.signature, limits: limits, service: service
    ) { part in
      loop.execute { bound.value.deliver(part, from: number, plan.framing) }
    }
    let exchange = Exchange(
      work: work, service: service, sessions: sessions, pages: pages, body: body,
      coding: plan.requestCoding,
      response: response)
    phase = .running(exchange, requestEnded: requestEnded)
    readDeadline = requestEnded ? nil : .now() + TimeAmount(limits.receiveTimeout)
    if case .page = plan.work { return pages.submit { exchange.run() } }
    do throws(EngineError) {
      try service.submit { exchange.run() }
    } catch {
      let reply = admission.signature.failure(
        error, queryID: plan.queryID, tag: plan.exceptionTag)
      if !requestEnded { keepsAlive = false }
      answer(reply, plan.framing)
      finishRequest(requestEnded: requestEnded)
    }
  }

  /// The place that the body waited for is this connection's.
  private func placeCame(_ ticket: BodyPlaces.Ticket) {
    guard case .waiting(let plan, ticket) = phase else { return }
    hasPlace = true
    submit(plan, requestEnded: false)
    arm()
    handlePipelined()
  }

  /// Places are held while a worker may wait for a body.
  private func giveUpPlace(leaving last: Phase) {
    switch phase {
    case .waiting, .running(_, requestEnded: false): return
    default: break
    }
    if hasPlace {
      hasPlace = false
      places.giveBack()
    } else if case .waiting(_, let ticket) = last {
      places.cancel(ticket)
    }
  }

  /// The worker took a full backlog.
  private func bodyEmptied(_ number: Int) {
    guard case .running(_, requestEnded: false) = phase, number == exchangeNumber else { return }
    isBodyFull = false
    readDeadline = .now() + TimeAmount(limits.receiveTimeout)
    arm()
    resumeReading()
  }

  /// A part of the answer from the worker.
  private func deliver(_ part: ResponsePart, from number: Int, _ framing: Framing) {
    guard case .running(let exchange, let requestEnded) = phase, number == exchangeNumber
    else { return }
    switch part {
    case .watch(let milliseconds, let figures):
      beginProgress(milliseconds, figures, framing)
    case .whole(let head, let body):
      if !requestEnded { keepsAlive = false }
      var bytes = self.head(head, framing)
      counted(status)
      bytes.writeImmutableBuffer(body)
      write(bytes)
      finishRequest(requestEnded: requestEnded)
    case .start(let head):
      // Without chunks only the end of the connection can end the message.
      if !requestEnded || !framing.isHTTP11 { keepsAlive = false }
      write(self.head(head, framing))
    case .more(let bytes): write(bytes, for: exchange)
    case .last(let bytes):
      counted(status)
      write(bytes)
      finishRequest(requestEnded: requestEnded)
    case .abort(let bytes):
      counted(status)
      write(bytes)
      linger()
    }
    arm()
  }

  /// The current request is answered.
  func counted(_ status: StatusCode) {
    counters.answered(
      route, status: status.number, nanoseconds: StatusPages.ticks() - requestBegan)
  }

  /// The answer is complete.
  private func finishRequest(requestEnded: Bool) {
    if isBroken {
      linger()
    } else if requestEnded {
      becomeIdle()
      handlePipelined()
    } else {
      phase = .discarding
      readDeadline = .now() + TimeAmount(limits.discardTimeout)
      resumeReading()
    }
  }

  private func becomeIdle() {
    guard keepsAlive, !registry.isStopping else {
      // Nothing of the client's is unread, so no reset can overtake the answer.
      phase = .lingering
      finishWrites(then: .close)
      return
    }
    phase = .idle
    gauge.start()
    readDeadline = .now() + TimeAmount(limits.idleTimeout)
  }

  // MARK: Faults of the client

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if isBroken { return }
    switch phase {
    case .lingering, .closed: return
    default: break
    }
    let refusal: Reply
    switch error {
    case HTTPParserError.headerOverflow: refusal = Admission.headersTooLarge(limits)
    case HTTPParserError.invalidEOFState:
      close()
      return
    case is HTTPParserError:
      refusal = .text(.badRequest, "this is not a well-formed HTTP/1.1 request", mustClose: true)
    case is TooManyUnsubmittedBytes:
      refusal = .text(
        .unavailable, "too many bytes of unfinished requests are waiting; try again later",
        mustClose: true)
    default:
      close()
      return
    }
    isBroken = true
    switch phase {
    case .running(let exchange, requestEnded: false):
      keepsAlive = false
      readDeadline = nil
      exchange.body.fail(
        EngineError(
          .incorrectData, "the request body is not well-formed HTTP; nothing of it counts"))
    case .running: keepsAlive = false
    case .discarding, .answered: linger()
    case .idle, .collecting, .waiting, .refusing:
      answer(refusal, Framing(isHTTP11: true, isHeadOnly: false))
      linger()
    case .lingering, .closed: break
    }
    arm()
  }

  /// The client sent nothing, or too little, for too long.
  func readExpired() {
    let late = EngineError(
      .socketTimeout,
      "Timeout exceeded while receiving the request body: it must bring \(limits.bodyRateMin) bytes a second, and fell \(limits.receiveTimeout) behind"
    )
    let framing = Framing(isHTTP11: true, isHeadOnly: false)
    switch phase {
    case .idle where gauge.count > 0:
      answer(.text(.requestTimeout, "the request head took too long", mustClose: true), framing)
      linger()
    case .collecting(let plan):
      keepsAlive = false
      answer(
        admission.signature.failure(
          late, queryID: plan.queryID, tag: plan.exceptionTag), plan.framing)
      linger()
    case .waiting(let plan, _):
      keepsAlive = false
      let full = EngineError(
        .tooManySimultaneousQueries,
        "too many simultaneous request bodies: \(limits.bodyThreadsMax) are being received already; try again later"
      )
      answer(
        admission.signature.failure(
          full, queryID: plan.queryID, tag: plan.exceptionTag), plan.framing)
      linger()
    case .running(let exchange, requestEnded: false):
      keepsAlive = false
      isBroken = true
      exchange.body.fail(late)
    case .refusing(let reply, let framing):
      keepsAlive = false
      answer(reply, framing)
      linger()
    case .running: break
    case .idle, .answered, .discarding, .lingering, .closed: close()
    }
  }
}
