/// Progress on the wire: lines in the head of an answer that is not known yet, as ClickHouse writes them.
///
///     HTTP/1.1 200 OK
///     X-ClickHouse-Progress: {"read_rows":"1048576","read_bytes":"8388608","elapsed_ns":"100206112"}
///     X-ClickHouse-Progress: {"read_rows":"2097152","read_bytes":"16777216","elapsed_ns":"200412224"}
///     ... the fields of the head, and its end
///
/// Invariants:
/// 1. The status is 200 once the first line is out. An error that comes later is told by X-ClickHouse-Exception-Code, which
///    clients that ask for progress look at.
/// 2. Nothing is written while earlier bytes wait for the client, so a slow one grows nothing.
import NIOCore
import TickEngine

/// Figures that are told while a statement runs.
struct HeadProgress {
  let interval: TimeAmount
  let figures: @Sendable () -> QuerySummary
  let framing: Framing
  /// A line is out.
  var hasBegun = false
  var next: Scheduled<Void>?
}

extension Connection {
  func beginProgress(
    _ milliseconds: Int, _ figures: @escaping @Sendable () -> QuerySummary, _ framing: Framing
  ) {
    guard progress == nil else { return }
    let least = TimeAmount(limits.progressIntervalMin)
    let wanted = TimeAmount.milliseconds(Int64(min(milliseconds, Self.intervalMillisecondsMax)))
    progress = HeadProgress(interval: max(wanted, least), figures: figures, framing: framing)
    scheduleProgress()
  }

  /// A year: what is longer is never, and fits in no clock.
  private static let intervalMillisecondsMax = 366 * 86_400_000

  func endProgress() {
    progress?.next?.cancel()
    progress = nil
  }

  /// The head, or what is missing of it; `status` is what the client has seen of it then.
  func head(_ head: ResponseHead, _ framing: Framing) -> ByteBuffer {
    let isOpen = progress?.hasBegun ?? false
    endProgress()
    guard isOpen else {
      status = head.status
      return framing.head(head, keepsAlive: keepsAlive)
    }
    status = .ok
    var rest = ByteBuffer()
    framing.writeRest(of: head, keepsAlive: keepsAlive, to: &rest)
    return rest
  }

  private func scheduleProgress() {
    guard let context, let interval = progress?.interval else { return }
    progress?.next = context.eventLoop.assumeIsolated().scheduleTask(in: interval) {
      self.tellProgress()
    }
  }

  private func tellProgress() {
    guard let told = progress, case .running = phase else { return }
    if writesWaiting == 0 {
      var bytes = told.hasBegun ? ByteBuffer() : told.framing.beginning(.ok)
      let figures = ResponseStream.json(told.figures(), leavesOutZeros: true)
      bytes.writeString("X-ClickHouse-Progress: \(figures)\r\n")
      progress?.hasBegun = true
      write(bytes)
    }
    scheduleProgress()
  }
}
