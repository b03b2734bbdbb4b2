/// Quantiles, exact for any number of rows: the values of a group are kept and sorted at the end.
///
/// Values are kept as Int64 images that sort as the values do. NaN is left away, as in ClickHouse.
import TickColumns
import TickFormats

/// Which element, or which place between two, a level means.
enum QuantileRule: Sendable {
  /// Between the elements around level * (n - 1).
  case interpolated
  /// The element number floor(level * n).
  case element
  /// As `element`; for the median of an even number the lower of the two in the middle.
  case lowElement
  /// As `element`.
  case highElement
  /// Between the elements around level * (n - 1), counted as in Excel's PERCENTILE.INC.
  case inclusive
  /// Between the elements around level * (n + 1), as Excel's PERCENTILE.EXC.
  case exclusive

  /// The result has the type of the values: an element, or the place between two cut to the type's units.
  func givesElements(of type: DataType) -> Bool {
    switch self {
    case .element, .lowElement, .highElement: true
    case .interpolated: type.isDateOrTime || type.isDecimal
    case .inclusive, .exclusive: false
    }
  }

  /// The element and how far beyond it, for a count of at least 1.
  func place(_ level: Double, of count: Int) -> (index: Int, fraction: Double) {
    let n = Double(count)
    switch self {
    case .element, .highElement: return (level < 1 ? min(Int(level * n), count - 1) : count - 1, 0)
    case .lowElement where level == 0.5: return ((count - 1) / 2, 0)
    case .lowElement: return (level < 1 ? min(Int(level * n), count - 1) : count - 1, 0)
    case .interpolated, .inclusive: return Self.split(level * (n - 1), count)
    case .exclusive: return Self.split(level * (n + 1) - 1, count)
    }
  }

  private static func split(_ place: Double, _ count: Int) -> (Int, Double) {
    if place < 0 { return (0, 0) }
    let index = Int(place)
    return index >= count - 1 ? (count - 1, 0) : (index, place - Double(index))
  }
}

/// Int64 images of values that sort as the values do.
enum SortableImage {
  static func images(_ column: Column) -> [Int64] {
    switch column.values {
    case .float64(let v): v.map(image)
    case .uint64(let v): v.map { Int64(bitPattern: $0) ^ .min }
    default:
      switch KernelValue.column(column).integers(Int64.self) {
      case .array(let v): v
      case .scalar(let x): Array(repeating: x, count: column.count)
      }
    }
  }

  /// What stands for a group without values: NaN, or the zero value of other types.
  static func nothing(_ type: DataType) -> Int64 {
    type == .float64 ? image(.nan) : images(Column(type, of: [.defaultValue(of: type)]))[0]
  }

  static func image(_ value: Double) -> Int64 {
    let bits = Int64(bitPattern: value.bitPattern)
    return bits < 0 ? bits ^ .max : bits
  }

  static func double(_ image: Int64, _ type: DataType) -> Double {
    switch type.physical {
    case .float64: Double(bitPattern: UInt64(bitPattern: image < 0 ? image ^ .max : image))
    case .uint64: Double(UInt64(bitPattern: image ^ .min))
    default: Double(image)
    }
  }

  /// Images as a column of the type they came from.
  static func column(_ images: [Int64], _ type: DataType) -> Column {
    if type.physical == .float64 {
      return Column(type, .float64(images.map { double($0, type) }))
    }
    let flipped = type.physical == .uint64 ? images.map { $0 ^ .min } : images
    return FunctionTable.convertIntegers(.column(.int64, flipped), to: type, rows: images.count)
      .column(rows: images.count)
  }
}

/// The levels of one call: a result for each group, or an array of results.
struct QuantileLevels: Sendable {
  var levels: [Double]
  var isArray: Bool

  /// `column` holds the results of all groups, level by level within a group.
  func shaped(_ column: Column) -> Column {
    guard isArray else { return column }
    let groups = column.count / levels.count
    return Column(
      .array(column.type),
      .array(
        ArrayValues(offsets: (0...groups).map { $0 * levels.count }, elements: column)))
  }
}

final class QuantileState: AggregateState {
  private let type: DataType
  private let rule: QuantileRule
  private let levels: QuantileLevels
  private var groups: [[Int64]] = []
  private var held = 0

  /// `type` is that of the argument; elements come back in it, interpolated numbers as Float64.
  init(_ type: DataType, _ rule: QuantileRule, _ levels: QuantileLevels) {
    self.type = type
    self.rule = rule
    self.levels = levels
  }

  func resize(_ count: Int) { groups.extend(to: count, with: []) }

  func update(_ input: AggregateInput) {
    let column = input.column(0)
    Self.add(SortableImage.images(column), Self.notNumbers(column), input.runs, &groups)
    held += input.rows * 8
  }

  /// Marks of NaN, nil where the type has none.
  private static func notNumbers(_ column: Column) -> [Bool]? {
    guard case .float64(let values) = column.values else { return nil }
    return values.contains { $0.isNaN } ? values.map(\.isNaN) : nil
  }

  private static func add(
    _ images: [Int64], _ notNumbers: [Bool]?, _ runs: GroupRuns, _ groups: inout [[Int64]]
  ) {
    for run in 0..<runs.starts.count {
      let group = Int(runs.groups[run])
      let range = runs.range(run)
      if let notNumbers {
        for row in range where !notNumbers[row] { groups[group].append(images[row]) }
      } else {
        groups[group].append(contentsOf: images[range])
      }
    }
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? QuantileState else { return }
    for (theirs, ours) in groups.enumerated() { self.groups[Int(ours)] += other.groups[theirs] }
    held += other.held
  }

  func finish() throws(SQLError) -> Column {
    for group in groups.indices {
      guard groups[group].sort(while: { CancellationPoint.isWanted }) else {
        throw QueryRun.cancelled
      }
    }
    if rule.givesElements(of: type) {
      let nothing = SortableImage.nothing(type)
      let images = groups.flatMap { group in
        levels.levels.map { element(group, $0) ?? nothing }
      }
      return levels.shaped(SortableImage.column(images, type))
    }
    let values = groups.flatMap { group in levels.levels.map { between(group, $0) } }
    return levels.shaped(Column(.float64, .float64(values)))
  }

  /// The element, or for times and decimals the place between two, cut to a tick and towards zero.
  private func element(_ sorted: [Int64], _ level: Double) -> Int64? {
    guard !sorted.isEmpty else { return nil }
    let (index, fraction) = rule.place(level, of: sorted.count)
    guard fraction > 0 else { return sorted[index] }
    if type.isDecimal {
      let place = Double(sorted[index]) * (1 - fraction) + Double(sorted[index + 1]) * fraction
      return Int64(exactly: place.rounded(.towardZero)) ?? sorted[index]
    }
    let distance = Double(sorted[index + 1] &- sorted[index])
    return sorted[index] &+ (Int64(exactly: (distance * fraction).rounded(.down)) ?? 0)
  }

  private func between(_ sorted: [Int64], _ level: Double) -> Double {
    guard !sorted.isEmpty else { return .nan }
    let (index, fraction) = rule.place(level, of: sorted.count)
    let low = SortableImage.double(sorted[index], type)
    guard fraction > 0 else { return low }
    let high = SortableImage.double(sorted[index + 1], type)
    return low * (1 - fraction) + high * fraction
  }

  var byteCount: Int { held + groups.count * 8 }
}

extension QuantileState: ExchangedState {
  func encoded(_ layout: StateLayout) -> StringValues {
    var offsets = [0]
    for group in groups { offsets.append(offsets[offsets.count - 1] + group.count) }
    let values = SortableImage.column(groups.flatMap { $0 }, type)
    return StateWriter.lists(ArrayValues(offsets: offsets, elements: values), areSized: false)
  }

  func absorb(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) {
    if let rows = try elements(&states, layout, runs, order) { update(rows) }
  }
}

/// `quantileExactWeighted`: the first value at which the weights so far reach the level. `quantileBFloat16` is the same of
/// values cut to the upper half of a Float32.
final class WeightedQuantileState: AggregateState {
  private let type: DataType
  private let levels: QuantileLevels
  private let isCut: Bool
  private var groups: [[Int64: UInt64]] = []
  private var held = 0

  init(_ type: DataType, _ levels: QuantileLevels, isCut: Bool = false) {
    self.type = type
    self.levels = levels
    self.isCut = isCut
  }

  /// Of what is cut, the images of the doubles that are left.
  private func keys(of column: Column) -> [Int64] {
    guard isCut else { return SortableImage.images(column) }
    return KernelValue.column(column).doubles().map(rows: column.count) { value in
      let bits = Float(value).bitPattern & 0xFFFF_0000
      return SortableImage.image(Double(Float(bitPattern: bits)))
    }
  }

  private func column(_ images: [Int64]) -> Column {
    guard isCut, type != .float64 else { return SortableImage.column(images, type) }
    let numbers = images.map { image in
      let value = SortableImage.double(image, .float64)
      return Int64(exactly: value.rounded(.towardZero)) ?? 0
    }
    return FunctionTable.convertIntegers(.column(.int64, numbers), to: type, rows: numbers.count)
      .column(rows: numbers.count)
  }

  /// What stands for a group without rows.
  private var nothing: Int64 {
    if isCut { return SortableImage.image(type == .float64 ? .nan : 0) }
    return SortableImage.nothing(type)
  }

  func resize(_ count: Int) { groups.extend(to: count, with: [:]) }

  func update(_ input: AggregateInput) {
    let column = input.column(0)
    let images = keys(of: column)
    let weights: Vector<UInt64> =
      input.operands.count > 1 ? input.operands[1].integers(UInt64.self) : .scalar(1)
    let runs = input.runs
    for run in 0..<runs.starts.count {
      let group = Int(runs.groups[run])
      for row in runs.range(run) {
        if case .float64(let values) = column.values, values[row].isNaN { continue }
        add(images[row], weights.element(row), to: group)
      }
    }
  }

  private func add(_ image: Int64, _ weight: UInt64, to group: Int) {
    if let known = groups[group][image] {
      groups[group][image] = known &+ weight
    } else {
      groups[group][image] = weight
      held += 32
    }
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) throws(SQLError) {
    guard let other = other as? WeightedQuantileState else { return }
    for (theirs, ours) in groups.enumerated() {
      for (image, weight) in try Self.pairs(other.groups[theirs]) {
        add(image, weight, to: Int(ours))
      }
    }
  }

  func finish() throws(SQLError) -> Column {
    let nothing = nothing
    var images: [Int64] = []
    for group in groups {
      var sorted = try Self.pairs(group)
      try CancellationPoint.sort(&sorted) { $0.key < $1.key }
      images += levels.levels.map { value(sorted, $0) ?? nothing }
    }
    return levels.shaped(column(images))
  }

  private static func pairs(
    _ weights: [Int64: UInt64]
  ) throws(SQLError) -> [(key: Int64, value: UInt64)] {
    var out: [(key: Int64, value: UInt64)] = []
    out.reserveCapacity(weights.count)
    for pair in weights {
      if out.count % CancellationPoint.stride == 0 { try CancellationPoint.check() }
      out.append(pair)
    }
    return out
  }

  private func value(_ sorted: [(key: Int64, value: UInt64)], _ level: Double) -> Int64? {
    guard let last = sorted.last else { return nil }
    let total = sorted.reduce(UInt128(0)) { $0 + UInt128($1.value) }
    let wanted = (Double(total) * level).rounded(.up)
    var reached: UInt128 = 0
    for (image, weight) in sorted {
      reached += UInt128(weight)
      if Double(reached) >= wanted { return image }
    }
    return last.key
  }

  var byteCount: Int { held + groups.count * 8 }
}
