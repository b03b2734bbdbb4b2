/// Quantiles of numbers of 128 bits: the rules are those of `QuantileState`, whose images such values do not fit.
import TickColumns

extension AggregateResolution {
  /// Quantiles of Int128, UInt128 or a decimal of 128 bits; integers between two values come as Float64.
  ///
  /// - Parameter rule: an element, or the place between two.
  static func wideQuantile(
    _ type: DataType, _ rule: QuantileRule, _ levels: QuantileLevels
  ) -> AggregateResolution {
    let isElement = rule.givesElements(of: type)
    let element = isElement ? type : .float64
    return collected(
      [type], levels.isArray ? .array(element) : element, neverNull: levels.isArray
    ) { (rows) throws(SQLError) in
      let groups = WideImages(rows.columns[0])
      let sorted = try CancellationPoint.map(rows.groups.count) { (group) throws(SQLError) in
        try groups.sorted(rows.rows(group))
      }
      guard isElement else {
        let values = sorted.flatMap { values in
          levels.levels.map { groups.between(values, rule, $0) }
        }
        return levels.shaped(Column(.float64, .float64(values)))
      }
      let images = sorted.flatMap { values in
        levels.levels.map { groups.element(values, rule, $0) }
      }
      return levels.shaped(groups.column(images))
    }
  }
}

/// Int128 images of values that sort as the values do.
private struct WideImages {
  let type: DataType
  let images: [Int128]
  /// What sets the sign of the unsigned apart.
  private let flip: Int128

  init(_ column: Column) {
    type = column.type
    let flip: Int128 = column.type == .uint128 ? .min : 0
    self.flip = flip
    images = KernelValue.column(column).integers(Int128.self).map(rows: column.count) { $0 ^ flip }
  }

  func sorted(_ rows: Range<Int>) throws(SQLError) -> [Int128] {
    var values = Array(images[rows])
    try CancellationPoint.sort(&values, by: <)
    return values
  }

  private func double(_ image: Int128) -> Double {
    flip == 0 ? Double(image) : Double(UInt128(truncatingIfNeeded: image ^ flip))
  }

  /// As of no values, 0.
  func element(_ sorted: [Int128], _ rule: QuantileRule, _ level: Double) -> Int128 {
    guard !sorted.isEmpty else { return flip }
    let (index, fraction) = rule.place(level, of: sorted.count)
    guard fraction > 0 else { return sorted[index] }
    let place = between(sorted, rule, level).rounded(.towardZero)
    return Int128(exactly: place) ?? sorted[index]
  }

  func between(_ sorted: [Int128], _ rule: QuantileRule, _ level: Double) -> Double {
    guard !sorted.isEmpty else { return .nan }
    let (index, fraction) = rule.place(level, of: sorted.count)
    let low = double(sorted[index])
    guard fraction > 0 else { return low }
    return low * (1 - fraction) + double(sorted[index + 1]) * fraction
  }

  func column(_ images: [Int128]) -> Column {
    if type.physical == .uint128 {
      return Column(type, .uint128(images.map { UInt128(truncatingIfNeeded: $0 ^ flip) }))
    }
    return Column(type, .int128(images))
  }
}
