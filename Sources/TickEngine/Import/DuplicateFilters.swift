/// The filters of tables that have `deduplicate_by`, kept between writes so that each need not read what is stored.
import TickSQL
import TickStorage

struct DuplicateFilters: Sendable {
  /// Beyond this many ranges of numbers a filter is dropped and read anew: 16 MB.
  private static let rangesMax = 1 << 20

  private var filters: [TableID: DuplicateFilter] = [:]

  /// To be called when rows went in or out of a table past its filter, or a write failed after filtering.
  mutating func forget(_ table: TableID) {
    filters[table] = nil
  }

  /// Runs a write with the table's filter, which is kept when it succeeds.
  mutating func with<Result>(
    _ layout: TableLayout,
    _ body: (inout DuplicateFilter?) throws(SQLError) -> Result
  ) throws(SQLError) -> Result {
    let table = layout.definition.id
    var filter = filters.removeValue(forKey: table) ?? DuplicateFilter(layout)
    let result = try body(&filter)
    if let filter, filter.rangeCount <= Self.rangesMax { filters[table] = filter }
    return result
  }
}
