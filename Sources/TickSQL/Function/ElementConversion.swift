import TickColumns

/// A conversion inside of a tuple, an array or a map, where NULL follows the element's own type.
struct ElementConversion: Sendable {
  let from: DataType
  let to: DataType
  /// Nil where there is nothing to convert: no element, or NULL only.
  private let inner: Conversion?

  init(
    _ from: DataType, to: DataType, in session: TimeZone, at place: Int?
  ) throws(SQLError) {
    self.from = from
    self.to = to
    let plain = from.withoutNullable.withoutLowCardinality
    guard plain != .nothing else {
      inner = nil
      return
    }
    let target = to.withoutNullable
    inner = try Conversion(
      plain, to: target,
      parsesToNull: to.isNullable && plain == .string && target.withoutLowCardinality != .string,
      in: session, at: place)
  }

  var mayThrow: Bool { (from.isNullable && !to.isNullable) || inner?.mayThrow ?? false }

  func run(_ given: Column) throws(SQLError) -> Column {
    if from == to { return given }
    guard let inner else {
      guard to.isNullable || given.count == 0 || from == .nothing else { throw Self.nullRefusal }
      return Column(to, repeating: .defaultValue(of: to), count: given.count)
    }
    let column = given.expandingCodes()
    guard to.isNullable || !column.hasNulls else { throw Self.nullRefusal }
    return try CancellationPoint.column(to, count: column.count) { (piece) throws(SQLError) in
      try run(column.slice(piece), inner)
    }
  }

  private func run(_ column: Column, _ inner: Conversion) throws(SQLError) -> Column {
    let converted = try inner.run(
      KernelValue.column(column).withoutNulls, rows: column.count, valid: column.validity
    ).column(rows: column.count)
    return (to.isNullable ? converted.masked(by: column.validity) : converted).relabelled(to)
  }

  private static let nullRefusal = SQLError(
    .cannotInsertNullInOrdinaryColumn, "Cannot convert NULL value to non-Nullable type")
}
