/// A result on its way from the worker to the client.
///
/// Invariants:
/// 1. Nothing is sent before `heldBytes` of result exist or the statement ended: a short result carries its true
///    figures, and an error in it a status of its own.
/// 2. After the first byte an error becomes the tagged block of ClickHouse's protocol, and the message is cut off
///    without its end, so no client takes it for whole.
/// 3. At most `backlogMax` bytes and one chunk wait for the client; the worker blocks above that, leaves its place to
///    another meanwhile, and is freed when the client goes away or the statement is to end.
import NIOCore
import TickColumns
import TickEngine
import TickStorage

/// What the worker asks of the connection.
enum ResponsePart: Sendable {
  /// Until the head of the answer comes, the figures are wanted every so many milliseconds.
  case watch(every: Int, figures: @Sendable () -> QuerySummary)
  /// A whole answer at once.
  case whole(ResponseHead, body: ByteBuffer)
  /// The head of an answer whose body follows in parts.
  case start(ResponseHead)
  case more(ByteBuffer)
  case last(ByteBuffer)
  /// The bytes of an error that came too late for a status; the message ends broken after them.
  case abort(ByteBuffer)
}

/// Owned by the worker that runs the statement, except `flow`, which the event loop shares.
final class ResponseStream: QuerySink, @unchecked Sendable {
  /// Bytes of an exception block, ClickHouse's bound; clients look no further back.
  static let exceptionBlockBytesMax = 16 << 10

  private struct Flow {
    var waitingBytes = 0
    var isClosed = false
    /// Why the worker must not wait for the client any more.
    var interruption: EngineError?
  }

  private let plan: QueryPlan
  private let signature: ServerSignature
  private let chunkBytes: Int
  private let backlogMax: Int
  private let service: any QueryService
  private let crowdedMilliseconds: Int
  private let outlet: @Sendable (ResponsePart) -> Void
  private let flow = Monitor(Flow())

  private var head: ResultHead?
  /// Made with the first bytes that are sent.
  private var encoder: BodyEncoder?
  private var held: [UInt8] = []
  private var hasStarted = false
  private var isOver = false
  /// What tells the error that comes, in the format of the answer.
  private var failure: (bytes: [UInt8], head: ResultHead)?
  /// What the statement has read so far.
  private var figures = QuerySummary()
  /// How long it may still wait in its place.
  private var patienceMilliseconds: Int

  /// `outlet` hands a part to the event loop, never after `close`; it must not block.
  init(
    plan: QueryPlan, signature: ServerSignature, limits: ServerLimits, service: any QueryService,
    outlet: @escaping @Sendable (ResponsePart) -> Void
  ) {
    self.plan = plan
    self.signature = signature
    self.outlet = outlet
    chunkBytes = limits.resultChunkBytes
    backlogMax = limits.resultBacklogBytesMax
    self.service = service
    crowdedMilliseconds = Int(limits.crowdedSendTimeout / .milliseconds(1))
    patienceMilliseconds = Int(limits.readerPatience / .milliseconds(1))
  }

  // MARK: The event loop's side

  /// Bytes of a part have gone to the socket.
  func sent(_ count: Int) {
    flow.withLock { $0.waitingBytes -= count }
  }

  /// The client is gone: the worker is freed and told.
  func close() {
    flow.withLock { $0.isClosed = true }
  }

  /// The statement is to end: the worker is freed where it waits for a slow client, who is still told why.
  func interrupt(_ reason: EngineError) {
    flow.withLock { $0.interruption = reason }
  }

  // MARK: The worker's side

  func begin(_ head: ResultHead) throws(EngineError) {
    self.head = head
    try checkOpen()
  }

  func progress(_ summary: QuerySummary) { figures = summary }

  func fail(with bytes: [UInt8], _ head: ResultHead) {
    if failure == nil { failure = (bytes, head) }
  }

  func watch(every milliseconds: Int, _ figures: @escaping @Sendable () -> QuerySummary) {
    send(.watch(every: milliseconds, figures: figures))
  }

  func write(_ bytes: [UInt8]) throws(EngineError) {
    try checkOpen()
    if held.isEmpty { held = bytes } else { held += bytes }
    if !hasStarted {
      guard held.count > plan.heldBytes else { return }
      guard !plan.waitsForEnd else {
        throw EngineError(
          .tooManyRowsOrBytes,
          "the result is larger than the \(plan.heldBytes) bytes that wait_end_of_query=1 can hold; leave it out to stream the result"
        )
      }
      try start()
    }
    try flush(downTo: plan.sendsAtOnce ? 1 : chunkBytes)
  }

  /// The statement succeeded.
  func finish(_ summary: QuerySummary) {
    guard !isOver else { return }
    isOver = true
    let isEmpty = held.isEmpty
    do throws(EngineError) {
      held = try encoded(held[...], isLast: true)
    } catch {
      guard !hasStarted else {
        send(.abort(ByteBuffer()))
        return
      }
      isOver = false
      fail(error)
      return
    }
    if hasStarted {
      send(.last(joined(plan.framing.chunk(held), plan.framing.terminator)))
    } else {
      let head = ResponseHead(
        status: .ok, fields: resultFields(summary, isEmpty: isEmpty), length: held.count)
      send(.whole(head, body: plan.framing.isHeadOnly ? ByteBuffer() : ByteBuffer(bytes: held)))
    }
    held = []
  }

  /// A whole answer that is no result.
  func answer(_ reply: Reply) {
    guard !isOver else { return }
    isOver = true
    let head = ResponseHead(
      status: reply.status, fields: signature.common + reply.fields, length: reply.body.count)
    send(
      .whole(head, body: plan.framing.isHeadOnly ? ByteBuffer() : ByteBuffer(bytes: reply.body)))
  }

  /// Bytes as they go to the client. Nothing at all stays nothing: an empty answer is not packed.
  private func encoded(
    _ bytes: ArraySlice<UInt8>, isLast: Bool
  ) throws(EngineError) -> [UInt8] {
    if plan.answerCoding.isPlain || (bytes.isEmpty && !hasStarted) { return Array(bytes) }
    if encoder == nil { encoder = try BodyEncoder(plan.answerCoding, level: plan.packingLevel) }
    return try encoder?.write(bytes, isLast: isLast) ?? []
  }

  /// The statement failed.
  func fail(_ error: EngineError) {
    guard !isOver else { return }
    isOver = true
    if let failure { held += failure.bytes }
    if hasStarted, failure != nil, let bytes = try? encoded(held[...], isLast: true) {
      // The result tells it by itself, and is whole.
      send(.last(joined(plan.framing.chunk(bytes), plan.framing.terminator)))
    } else if hasStarted {
      held += exceptionBlock(error)
      // Without the block the message still ends broken, so nobody takes it for whole.
      let bytes = (try? encoded(held[...], isLast: true)) ?? []
      send(.abort(plan.framing.chunk(bytes)))
    } else {
      let text = failure == nil ? Array(signature.text(error).utf8) : held
      let head = ResponseHead(
        status: .of(error.code),
        fields: signature.failureFields(
          error, queryID: plan.queryID, tag: plan.exceptionTag, in: failure?.head)
          + plan.originFields, length: text.count)
      send(.whole(head, body: plan.framing.isHeadOnly ? ByteBuffer() : ByteBuffer(bytes: text)))
    }
    held = []
  }

  private func start() throws(EngineError) {
    hasStarted = true
    // What is known now; ClickHouse's figures at this moment are a snapshot as well, without those of the result.
    let head = ResponseHead(
      status: .ok, fields: resultFields(figures, isEmpty: false), length: nil)
    if plan.framing.isHeadOnly {
      // The head is all that was asked for: the statement need not go on.
      isOver = true
      held = []
      send(.start(head))
      send(.last(ByteBuffer()))
      throw EngineError(.queryWasCancelled, "HEAD needs no more of the result")
    }
    send(.start(head))
  }

  /// Sends chunks while more than `rest` bytes are held.
  private func flush(downTo rest: Int) throws(EngineError) {
    var from = 0
    while held.count - from >= max(rest, 1) {
      let to = min(held.count, from + max(chunkBytes, 1) * 4)
      let chunk = plan.framing.chunk(try encoded(held[from..<to], isLast: false))
      try reserveRoom(chunk.readableBytes)
      send(.more(chunk))
      from = to
    }
    if from == held.count { held.removeAll(keepingCapacity: true) } else { held.removeFirst(from) }
  }

  private func checkOpen() throws(EngineError) {
    let isOpen = !isOver && flow.withLock { !$0.isClosed }
    guard isOpen else { throw Self.gone }
  }

  private func reserveRoom(_ count: Int) throws(EngineError) {
    if let answer = flow.withLock({ room(for: count, &$0) }) { return try answer.get() }
    if let answer = waitInPlace(for: count) { return try answer.get() }
    // The client is slow: meanwhile the thread's place is another's.
    var waited: Result<Void, EngineError>?
    let stoodAside = service.standAside { waited = flow.wait { room(for: count, &$0) } }
    if !stoodAside {
      waited = flow.wait(milliseconds: crowdedMilliseconds) { room(for: count, &$0) }
    }
    guard let waited else {
      throw EngineError(
        .tooManySimultaneousQueries,
        "too many results wait for clients that read slowly; read faster, or try again later")
    }
    try waited.get()
  }

  /// Waits while there is patience; nil when it is at its end.
  private func waitInPlace(for count: Int) -> Result<Void, EngineError>? {
    guard patienceMilliseconds > 0 else { return nil }
    let began = StatusPages.ticks()
    defer { patienceMilliseconds -= (StatusPages.ticks() - began + 999_999) / 1_000_000 }
    return flow.wait(milliseconds: patienceMilliseconds) { room(for: count, &$0) }
  }

  /// Takes room for bytes, or says why there will be none; nil while the client has to take others first.
  private func room(for count: Int, _ state: inout Flow) -> Result<Void, EngineError>? {
    if state.isClosed { return .failure(Self.gone) }
    if let reason = state.interruption { return .failure(reason) }
    guard state.waitingBytes < backlogMax else { return nil }
    state.waitingBytes += count
    return .success(())
  }

  private func send(_ part: ResponsePart) {
    // Under the lock: once `close` has returned, the loop may be gone.
    flow.withLock { state in
      if !state.isClosed { outlet(part) }
    }
  }

  static let gone = EngineError(.queryWasCancelled, "the client closed the connection")

  // MARK: Headers and blocks

  private func resultFields(
    _ summary: QuerySummary, isEmpty: Bool
  ) -> [(name: String, value: String)] {
    var fields = signature.query(id: plan.queryID, tag: plan.exceptionTag)
    let head = head ?? ResultHead(format: nil, contentType: "text/plain; charset=UTF-8")
    fields.append(("Content-Type", head.contentType))
    if let format = head.format { fields.append(("X-ClickHouse-Format", format)) }
    if let coding = plan.answerCoding.content, !isEmpty {
      fields.append(("Content-Encoding", coding.rawValue))
      fields.append(("Vary", "Accept-Encoding"))
    }
    fields.append(("X-ClickHouse-Timezone", head.timeZone))
    fields.append(("X-ClickHouse-Summary", Self.json(summary)))
    fields += plan.originFields
    return fields
  }

  /// Every figure as a quoted decimal string, as clients expect them; on the way those that are zero are left out.
  static func json(_ summary: QuerySummary, leavesOutZeros: Bool = false) -> String {
    let figures = [
      ("read_rows", summary.readRows), ("read_bytes", summary.readBytes),
      ("written_rows", summary.writtenRows), ("written_bytes", summary.writtenBytes),
      ("total_rows_to_read", summary.rowsToRead), ("result_rows", summary.resultRows),
      ("result_bytes", summary.resultBytes), ("elapsed_ns", summary.elapsedNanoseconds),
      ("memory_usage", summary.memoryBytes),
    ]
    let shown = leavesOutZeros ? figures.filter { $0.1 != 0 } : figures
    return "{" + shown.map { "\"\($0.0)\":\"\($0.1)\"" }.joined(separator: ",") + "}"
  }

  private func exceptionBlock(_ error: EngineError) -> [UInt8] {
    let mark = "__exception__"
    let frame = 2 * mark.utf8.count + 2 * plan.exceptionTag.utf8.count + 32
    var message = Array(signature.text(error).utf8)
    let messageMax = Self.exceptionBlockBytesMax - frame
    if message.count > messageMax {
      // Cut between characters, and keep the newline that the length counts.
      var end = messageMax - 1
      while end > 0, message[end] & 0xC0 == 0x80 { end -= 1 }
      message = Array(message[..<end]) + [UInt8(ascii: "\n")]
    }
    let tag = plan.exceptionTag
    return Array("\r\n\(mark)\r\n\(tag)\r\n".utf8) + message
      + Array("\(message.count) \(tag)\r\n\(mark)\r\n".utf8)
  }
}

private func joined(_ first: ByteBuffer, _ second: ByteBuffer) -> ByteBuffer {
  var out = first
  out.writeImmutableBuffer(second)
  return out
}
