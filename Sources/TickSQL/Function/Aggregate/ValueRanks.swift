import TickColumns

/// The distinct values of a column, numbered in ascending order: what works on values of any type works on the numbers.
///
/// Invariants:
/// 1. A value below another one has the lower number, equal ones have the same.
/// 2. NaN has none.
struct ValueRanks {
  /// The number of each row's value, `none` for NaN.
  private(set) var ranks: [Int32]
  /// A row that holds the value of each number.
  private(set) var rows: [Int32] = []

  static let none: Int32 = -1

  init(_ column: Column) throws(SQLError) {
    ranks = [Int32](repeating: Self.none, count: column.count)
    let order = try CancellationPoint.sorted([SortKey(column)], rowCount: column.count)
    for row in order where !column.isNotANumber(Int(row)) {
      if let last = rows.last, compareRows(column, Int(last), Int(row)) == 0 {
        ranks[Int(row)] = ranks[Int(last)]
      } else {
        ranks[Int(row)] = Int32(truncatingIfNeeded: rows.count)
        rows.append(row)
      }
    }
  }
}

extension Column {
  func isNotANumber(_ row: Int) -> Bool {
    switch values {
    case .float64(let values): values[row].isNaN
    case .float32(let values): values[row].isNaN
    default: false
    }
  }
}
