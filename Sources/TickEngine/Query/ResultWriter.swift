/// Encodes batches and hands bytes to the sink, in pieces of a useful size; a receiver of rows gets them as they are.
///
/// Invariant: `sink.begin` is called once, before the first byte and not before there is one or the end is reached,
/// so an error that comes early still has a status line of its own.
import TickColumns
import TickFormats
import TickSQL

struct ResultWriter {
  /// Large enough that a write's cost does not count.
  static let pieceBytes = 64 << 10
  /// Rows, and bytes of rows in memory, that are encoded before the buffer is looked at.
  static let sliceRowsMax = 8_192
  static let sliceBytes = 1 << 20

  private let sink: any QuerySink
  /// The sink, where it takes rows.
  private let receiver: (any RowReceiver)?
  private let head: ResultHead
  private var encoder: any BatchEncoder
  private let heldBytesMax: Int
  private var buffer: [UInt8] = []
  private var hasBegun = false
  private(set) var rowCount = 0
  private(set) var byteCount = 0
  /// What has been read for the rows that were written, to be told with them.
  var read = QuerySummary()

  init(
    sink: any QuerySink, format: OutputFormat, schema: Schema, settings: QuerySettings,
    protocolVersion: Int
  ) {
    self.sink = sink
    receiver = sink as? any RowReceiver
    receiver?.begin(schema)
    head = ResultHead(
      format: format.canonicalName, contentType: format.contentType,
      timeZone: settings.sessionZone.name)
    heldBytesMax = settings.maxMemoryBytes
    var options = settings.format.output
    options.protocolVersion = protocolVersion
    encoder = format.makeEncoder(schema: schema, options: options)
    encoder.begin(into: &buffer)
  }

  mutating func write(_ batch: Batch) throws(SQLError) {
    if let receiver {
      rowCount += batch.rowCount
      do throws(EngineError) { return try receiver.take(batch) } catch {
        throw SQLError(error.code, error.message)
      }
    }
    // Encode in slices, so that neither many rows nor large ones grow the buffer without bound.
    let sliceRows = max(
      1, min(Self.sliceRowsMax, Self.sliceBytes / max(1, batch.rowByteEstimate)))
    var rest = 0..<batch.rowCount
    while !rest.isEmpty {
      let end = min(rest.upperBound, rest.lowerBound + sliceRows)
      encoder.write(batch.slice(rest.lowerBound..<end), into: &buffer)
      rest = end..<rest.upperBound
      guard encoder.heldBytes <= heldBytesMax else {
        throw SQLError(
          .memoryLimitExceeded,
          "format \(head.format ?? "") holds its result to the end, and it is larger than "
            + "max_memory_usage, \(heldBytesMax) bytes")
      }
      if buffer.count >= Self.pieceBytes { try flush() }
    }
    rowCount += batch.rowCount
  }

  mutating func finish(
    _ statistics: ResultStatistics, _ asides: ResultAsides = ResultAsides()
  ) throws(SQLError) {
    guard receiver == nil else { return }
    encoder.finish(statistics, asides, into: &buffer)
    try flush()
  }

  /// Tells the receiver how the result ends, where the format can tell an error.
  mutating func fail(_ error: EngineError) {
    let message = error.text(version: Database.clickHouseVersion).dropLast()
    guard receiver == nil, encoder.fail(String(message), into: &buffer) else { return }
    sink.fail(with: buffer, head)
  }

  private mutating func flush() throws(SQLError) {
    do throws(EngineError) {
      if !hasBegun {
        hasBegun = true
        try sink.begin(head)
      }
      guard !buffer.isEmpty else { return }
      byteCount += buffer.count
      sink.progress(read)
      // They are the receiver's even where it fails.
      defer { buffer.removeAll(keepingCapacity: true) }
      try sink.write(buffer)
    } catch {
      throw SQLError(error.code, error.message)
    }
  }
}
