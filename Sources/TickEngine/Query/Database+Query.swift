/// Statements for the program that embeds the database: rows come as values, not as bytes of a format.
import Synchronization
public import TickColumns

/// The rows that a statement answered with; none for one that answers nothing.
public struct QueryRows: Sendable {
  public let columns: [Field]
  /// In the order of the rows.
  public let batches: [Batch]
  public let summary: QuerySummary

  public var rowCount: Int { batches.reduce(0) { $0 + $1.rowCount } }

  /// A value; traps where there is no such row or column.
  public subscript(row: Int, column: Int) -> Value {
    let (batch, row) = place(of: row)
    return batch.columns[column].value(at: row)
  }

  /// A value as text formats write it.
  public func text(_ row: Int, _ column: Int) -> String {
    let (batch, row) = place(of: row)
    return batch.columns[column].text(at: row)
  }

  private func place(of row: Int) -> (Batch, Int) {
    var rest = row
    for batch in batches {
      if rest < batch.rowCount { return (batch, rest) }
      rest -= batch.rowCount
    }
    preconditionFailure("row \(row) of \(rowCount)")
  }
}

/// A receiver that takes rows as they are; no bytes are written to it.
protocol RowReceiver: QuerySink {
  /// Called once, before the first rows.
  func begin(_ schema: Schema)
  func take(_ batch: Batch) throws(EngineError)
}

extension Database {
  /// Runs one statement on the calling thread and gives its rows; a FORMAT in it is for others and changes nothing. All rows
  /// are held: what is larger than memory goes through `execute`, in bytes of a format.
  ///
  /// - Parameters:
  ///   - parameters: values of `{name:Type}` in the text.
  ///   - session: where USE and SET leave what they change.
  public func query(
    _ text: String, parameters: [String: String] = [:], session: Session? = nil,
    cancellation: any Cancellation = NoCancellation()
  ) throws(EngineError) -> QueryRows {
    var request = QueryRequest(text: Array(text.utf8), queryID: "")
    request.parameters = parameters.mapValues { Array($0.utf8) }
    request.session = session
    let rows = CollectedRows()
    let summary = try execute(request, input: NoInput(), sink: rows, cancellation: cancellation)
    return rows.state.withLock {
      QueryRows(columns: $0.columns, batches: $0.batches, summary: summary)
    }
  }
}

extension Database {
  /// Imports a file as `tickbase import` does: whole or not at all, and the same content once.
  @discardableResult
  public func importFile(
    _ path: String, _ options: ImportOptions = ImportOptions()
  ) throws(EngineError) -> ImportOutcome {
    try importFile(path, options, cancellation: NoCancellation()) { _ in }
  }
}

/// Nobody cancels.
public struct NoCancellation: Cancellation {
  public init() {}
  public var isCancelled: Bool { false }
}

private final class CollectedRows: RowReceiver {
  struct State {
    var columns: [Field] = []
    var batches: [Batch] = []
  }
  let state = Mutex(State())

  func begin(_ head: ResultHead) {}
  func write(_ bytes: [UInt8]) {}
  func begin(_ schema: Schema) { state.withLock { $0.columns = schema.fields } }
  func take(_ batch: Batch) { state.withLock { $0.batches.append(batch) } }
}
