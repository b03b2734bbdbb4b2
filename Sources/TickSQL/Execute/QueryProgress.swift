/// What a statement has done so far, for those who watch it.
///
/// All queries of one statement count here: its subqueries, and those behind the views it reads. Any thread counts, any
/// thread reads; each figure is true by itself, together they are of about one moment.
import Synchronization

public final class QueryProgress: Sendable {
  private let rows = Atomic(0)
  private let bytes = Atomic(0)
  private let expected = Atomic(0)
  private let held = Atomic(0)
  private let highest = Atomic(0)

  public init() {}

  /// Rows and bytes read from tables.
  public var rowsRead: Int { rows.load(ordering: .relaxed) }
  public var bytesRead: Int { bytes.load(ordering: .relaxed) }
  /// Rows that the scans opened so far will read, where they know it; exact or above the truth.
  public var rowsExpected: Int { expected.load(ordering: .relaxed) }
  /// Bytes that grouping, sorting, joins and DISTINCT hold now, and the most that they held, estimated.
  public var memoryBytes: Int { held.load(ordering: .relaxed) }
  public var memoryBytesPeak: Int { highest.load(ordering: .relaxed) }

  /// A scan of a table without end says so with a number near the end of `Int`, which is no expectation.
  private static let rowsKnownMax = 1 << 56

  func expect(rows count: Int) {
    guard count < Self.rowsKnownMax else { return }
    expected.wrappingAdd(count, ordering: .relaxed)
  }

  /// Adds what was read; gives what was read so far.
  func read(rows count: Int, bytes size: Int) -> (rows: Int, bytes: Int) {
    let bytes = bytes.wrappingAdd(size, ordering: .relaxed).newValue
    return (rows.wrappingAdd(count, ordering: .relaxed).newValue, bytes)
  }

  func hold(_ delta: Int) {
    let total = held.wrappingAdd(delta, ordering: .relaxed).newValue
    highest.max(total, ordering: .relaxed)
  }
}
