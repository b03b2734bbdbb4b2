import TickColumns

/// A column that arrived under one type, for a table's column of another.
///
/// Senders may use a type of their own for a column (`String` for `LowCardinality(String)`, `DateTime64(3)` for
/// `DateTime64(6)`); the values must fit, since data that will be stored is never bent.
extension Column {
  /// Throws 321 and its kind for a value that the type cannot hold, 349 for NULL where there is none.
  func converted(to target: DataType) throws(FormatError) -> Column {
    if type == target { return self }
    if hasNulls, !target.isNullable {
      throw FormatError(.cannotInsertNullInOrdinaryColumn, "NULL in a column of type \(target)")
    }
    if case .nothing(let count) = values {
      guard target.isNullable else {
        throw FormatError(
          .cannotInsertNullInOrdinaryColumn, "NULL in a column of type \(target)")
      }
      return Column(target, repeating: .null, count: count)
    }
    let from = type.withoutNullable.withoutLowCardinality.withoutNullable
    let to = target.withoutNullable.withoutLowCardinality.withoutNullable
    switch (from, to) {
    case (.dateTime, .dateTime): return relabelled(target)
    case (.dateTime64(let p, _), .dateTime64(let q, _)) where p == q: return relabelled(target)
    case (.dateTime64(let p, _), .dateTime64(let q, _)):
      return try rescaled(from: Int(p), to: Int(q), target)
    case (.dateTime, .dateTime64(let q, _)):
      return try seconds.rescaled(from: 0, to: Int(q), target)
    case (.array, .array), (.map, .map):
      guard case .array(let arrays) = values, let element = target.elementType else { break }
      return Column(
        target,
        .array(
          ArrayValues(
            offsets: arrays.offsets, elements: try arrays.elements.converted(to: element))))
    case (.tuple, .tuple(let elements)):
      guard case .tuple(let columns, let count) = values, columns.count == elements.count
      else { break }
      var out: [Column] = []
      for (column, element) in zip(columns, elements) {
        out.append(try column.converted(to: element.type))
      }
      return Column(target, .tuple(out, count: count))
    case (.string, .string) where !isCoded && !target.isCoded: return relabelled(target)
    default: break
    }
    // Everything else by its text, which is exact: what does not read as the target is an error.
    return try parseColumn(
      expandingDictionaries().rendered(as: .raw), validity: validity, as: target,
      outOfRange: .refuse)
  }

  private var isCoded: Bool { type.isCoded }

  private func relabelled(_ target: DataType) -> Column {
    Column(target, values, validity: target.isNullable ? validity : nil)
  }

  /// A DateTime's seconds as ticks of precision 0.
  private var seconds: Column {
    guard case .uint32(let v) = values else { return self }
    let type = DataType.dateTime64(precision: 0, zone: nil)
    return Column(
      self.type.isNullable ? .nullable(type) : type, .int64(v.map { Int64($0) }),
      validity: validity)
  }

  private func rescaled(
    from: Int, to: Int, _ target: DataType
  ) throws(FormatError) -> Column {
    guard case .int64(let ticks) = values else { return relabelled(target) }
    var out = [Int64](repeating: 0, count: ticks.count)
    for row in ticks.indices {
      if to >= from {
        let (product, overflows) = ticks[row].multipliedReportingOverflow(
          by: powersOfTen[to - from])
        guard !overflows else {
          throw FormatError(
            .decimalOverflow, "\(ticks[row]) ticks of 10^-\(from) s are out of range of \(target)")
        }
        out[row] = product
      } else {
        // Further digits of a fraction are cut off, as when times are read from text.
        out[row] = ticks[row].floorDivided(by: powersOfTen[from - to])
      }
    }
    return Column(target, .int64(out), validity: target.isNullable ? validity : nil)
  }
}

extension DataType {
  fileprivate var isCoded: Bool { if case .lowCardinality = self { true } else { false } }
}
