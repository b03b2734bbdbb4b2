/// The writing half of a connection, its end, and its one timer.
import NIOCore

extension Connection {
  /// What follows when everything written has gone to the socket.
  enum AfterWrites {
    case nothing
    case close
    case closeOutput
  }

  /// Answers a request that no worker has seen.
  func answer(_ reply: Reply, _ framing: Framing) {
    if reply.mustClose { keepsAlive = false }
    counted(reply.status)
    let head = ResponseHead(
      status: reply.status, fields: admission.signature.common + reply.fields,
      length: reply.body.count)
    var bytes = framing.head(head, keepsAlive: keepsAlive)
    if !framing.isHeadOnly, reply.status.hasBody { bytes.writeBytes(reply.body) }
    write(bytes)
  }

  /// Writes bytes; where they are a part of a streamed result, its worker is told when they are out.
  func write(_ bytes: ByteBuffer, for exchange: Exchange? = nil) {
    guard let context, context.channel.isActive else { return }
    let count = bytes.readableBytes
    counters.sent(bytes: count)
    writesWaiting += 1
    if writesWaiting == 1 { writeDeadline = .now() + TimeAmount(sendTimeout) }
    let promise = context.eventLoop.makePromise(of: Void.self)
    promise.futureResult.assumeIsolated().whenComplete { _ in
      exchange?.response.sent(count)
      self.written()
    }
    context.writeAndFlush(wrapOutboundOut(bytes), promise: promise)
    arm()
  }

  /// For the client to take the next piece; less while the server stops.
  var sendTimeout: Duration {
    registry.isStopping ? min(limits.sendTimeout, limits.cancelTimeout) : limits.sendTimeout
  }

  private func written() {
    writesWaiting -= 1
    writeDeadline = writesWaiting == 0 ? nil : .now() + TimeAmount(sendTimeout)
    if writesWaiting == 0 { finishWrites(then: afterWrites) }
  }

  func finishWrites(then next: AfterWrites) {
    afterWrites = next
    guard writesWaiting == 0 else {
      // The write deadline watches the client from here on.
      readDeadline = nil
      return
    }
    switch next {
    case .nothing: return
    case .close: close()
    case .closeOutput:
      afterWrites = .nothing
      readDeadline = .now() + TimeAmount(limits.lingerTimeout)
      arm()
      context?.close(mode: .output, promise: nil)
    }
  }

  /// Closes our side after the last write, and throws away what the client still sends: closing both sides at
  /// once resets the connection and can destroy the answer before the client has read it.
  func linger() {
    phase = .lingering
    gauge.stop()
    finishWrites(then: .closeOutput)
    resumeReading()
  }

  func close() {
    if case .running(let exchange, _) = phase { exchange.abandon() }
    phase = .closed
    context?.close(mode: .all, promise: nil)
  }

  // MARK: The timer

  /// Makes sure that the timer fires at the earliest deadline, or before.
  func arm() {
    guard let context else { return }
    let next = min(readDeadline ?? .distantFuture, writeDeadline ?? .distantFuture)
    guard next < timerAt else { return }
    timer?.cancel()
    timerAt = next
    timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: next) { self.timerFired() }
  }

  private func timerFired() {
    timer = nil
    timerAt = .distantFuture
    let now = NIODeadline.now()
    if let deadline = writeDeadline, deadline <= now {
      close()
      return
    }
    if let deadline = readDeadline, deadline <= now {
      readDeadline = nil
      readExpired()
    }
    arm()
  }
}
