internal import Synchronization
import TickColumns

/// How far behind a row may sort and still be among the first rows of a query: what one worker found spares the others
/// the sorting of rows that cannot be among them.
///
/// Invariant: `count` rows were seen that sort before the bound's row or are equal to it in the first key.
final class TopBound: Sendable {
  private let sort: SortSpecification
  private let count: Int
  /// One row; nil before any batch had as many rows as are wanted.
  private let last = Mutex<Batch?>(nil)

  init(_ sort: SortSpecification, count: Int) {
    self.sort = sort
    self.count = count
  }

  /// The first key of the bound's row; nil while there is none, and where NULL or NaN is it, since these say nothing of
  /// the values before them.
  var value: Value? {
    guard let item = sort.items.first, let bound = last.withLock({ $0 }) else { return nil }
    let value = bound.columns[item.output].value(at: 0)
    switch value {
    case .null: return nil
    case .float(let number): return number.isNaN ? nil : value
    default: return value
    }
  }

  /// The rows of a batch that may be among the first ones, in the batch's order.
  func narrowed(_ batch: Batch) -> Batch {
    guard let bound = last.withLock({ $0 }) else { return batch }
    return sort.rows(of: batch, notBehind: bound)
  }

  /// Takes the first rows of a batch, in order.
  func learn(_ first: Batch) throws(SQLError) {
    guard count > 0, first.rowCount >= count else { return }
    let found = first.slice(count - 1..<count)
    let known = last.withLock { $0 }
    if let known {
      let columns = zip(found.columns, known.columns).map { Column.concatenate($0.type, [$0, $1]) }
      let order = try sort.permutation(Batch(columns, rowCount: 2), nil)
      if order[0] != 0 { return }
    }
    // Another worker may have put a better one there: a worse bound keeps more rows and loses none.
    last.withLock { $0 = found }
  }
}
