/// Counts the bytes of requests that no worker has taken yet, on one connection and over all of them.
///
/// The HTTP decoder keeps an unfinished head by itself, out of sight of the handler behind it; this one stands in
/// front and sees every byte.
import NIOCore
import Synchronization

/// Bytes over all connections.
final class UnsubmittedBytes: Sendable {
  private let total = Atomic(0)

  /// Adds (or takes away) and returns the new total.
  @discardableResult
  func add(_ count: Int) -> Int {
    total.wrappingAdd(count, ordering: .relaxed).newValue
  }
}

struct TooManyUnsubmittedBytes: Error {}

/// Confined to the connection's event loop.
final class ByteGauge: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let shared: UnsubmittedBytes
  private let totalMax: Int
  private let counters: ServerCounters
  private var isCounting = true
  /// Bytes since the last request was taken.
  private(set) var count = 0

  init(shared: UnsubmittedBytes, totalMax: Int, counters: ServerCounters) {
    self.shared = shared
    self.counters = counters
    self.totalMax = totalMax
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data).readableBytes
    counters.received(bytes: bytes)
    if isCounting {
      count += bytes
      guard shared.add(bytes) <= totalMax else {
        stop()
        context.fireErrorCaught(TooManyUnsubmittedBytes())
        return
      }
    }
    context.fireChannelRead(data)
  }

  /// The next request begins.
  func start() {
    isCounting = true
  }

  /// The request was taken or refused: its bytes are no longer waiting for anyone.
  func stop() {
    isCounting = false
    shared.add(-count)
    count = 0
  }
}
