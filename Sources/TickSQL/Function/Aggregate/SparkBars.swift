/// sparkbar: a row of bars drawn with block characters, one for each part of a range of x, as high as the mean y there.
///
/// Invariants:
/// 1. Sums of integers that their type cannot hold are its greatest value, as in ClickHouse. Which points a bar then counts
///    hangs there on the order in a hash table; here points come by ascending x.
/// 2. A bar is as wide as the others, and x of the last place belongs to the last bar.
import TickColumns

/// One group's points, and the range that they lie in.
private struct BarChart {
  let width: Int
  /// Given, or else that of the points, those without a height included.
  var range: ClosedRange<UInt128>?

  private static let levels: UInt128 = 7
  private static let bars = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"].map { Array($0.utf8) }

  /// `heights` stand beside ascending `places`, each above 0 and once.
  func drawn<Height: BarHeight>(
    _ points: [(place: UInt128, height: Height)], greatest: UInt128, _ limit: Height
  ) -> [UInt8] {
    guard let range, !points.isEmpty else { return [] }
    guard range.lowerBound < range.upperBound else { return Self.bars[8] }
    var sums = [Height](repeating: .zero, count: width)
    var counts = [UInt64](repeating: 0, count: width)
    let distance = range.upperBound - range.lowerBound
    let step = Double(width) / Double(distance < greatest ? distance + 1 : distance)
    for point in points where range.contains(point.place) {
      let bar = Int(min(step * Double(point.place - range.lowerBound), Double(width - 1)))
      if let sum = sums[bar].adding(point.height, limit) {
        sums[bar] = sum
        counts[bar] += 1
      } else {
        sums[bar] = limit
      }
    }
    for bar in sums.indices where counts[bar] > 0 { sums[bar] = sums[bar].divided(by: counts[bar]) }
    guard let most = sums.max(), most > .zero else { return [] }
    return sums.flatMap { Self.bars[$0 > .zero ? $0.level(of: most, limit) : 0] }
  }
}

/// Heights are integers up to a limit, or doubles.
private protocol BarHeight: Comparable {
  static var zero: Self { get }
  /// Nil where the sum is above the limit.
  func adding(_ other: Self, _ limit: Self) -> Self?
  func divided(by count: UInt64) -> Self
  /// From 1 for little to 8 for the greatest height; 0 where there is no telling.
  func level(of most: Self, _ limit: Self) -> Int
}

extension UInt128: BarHeight {
  func adding(_ other: UInt128, _ limit: UInt128) -> UInt128? {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow || sum > limit ? nil : sum
  }

  func divided(by count: UInt64) -> UInt128 { self / UInt128(count) }

  func level(of most: UInt128, _ limit: UInt128) -> Int {
    let (scaled, overflow) = multipliedReportingOverflow(by: 7)
    let level =
      overflow || scaled > limit ? self / Swift.max(most / 7, 1) + 1 : scaled / most + 1
    return level <= 8 ? Int(level) : 0
  }
}

extension Double: BarHeight {
  func adding(_ other: Double, _ limit: Double) -> Double? { self + other }
  func divided(by count: UInt64) -> Double { self / Double(count) }

  func level(of most: Double, _ limit: Double) -> Int {
    let level = self / (most / 7) + 1
    return level >= 1 && level <= 8 ? Int(level) : 0
  }
}

extension Float: BarHeight {
  func adding(_ other: Float, _ limit: Float) -> Float? { self + other }
  func divided(by count: UInt64) -> Float { self / Float(count) }

  func level(of most: Float, _ limit: Float) -> Int {
    let level = self / (most / 7) + 1
    return level >= 1 && level <= 8 ? Int(level) : 0
  }
}

extension AggregateFunction {
  static let sparkBars: [AggregateFunction] = [
    AggregateFunction(
      "sparkbar", arguments: "x, y", result: "String",
      summary:
        "A drawing of bars, each as high as the mean of the sums of y over its x. x is an unsigned number, Date or "
        + "DateTime; y not above 0 is left out. Parameters: how many bars, from 2 to \(barsMax), and the range of x, by "
        + "default that of the values.", arity: 2...2, aliases: ["sparkBar"],
      aliasesAnyCase: false, traits: .takesParameters
    ) { (call) throws(SQLError) in
      let (x, y) = (call.types[0], call.types[1])
      let chart = try barChart(call)
      let greatest = greatestPlace(x)
      return .collected(call.types, .string) { (rows) throws(SQLError) in
        var out = StringValues()
        let places = WideNumbers(.column(rows.columns[0]))
        for group in rows.groups {
          try CancellationPoint.check()
          let range = rows.rows(group)
          let picture: [UInt8]
          switch y.physical {
          case .float64:
            let heights = rows.doubles(1)
            picture = draw(chart, places, range, greatest, Double.infinity) { heights[$0] }
          case .float32:
            let heights = rows.doubles(1)
            picture = draw(chart, places, range, greatest, Float.infinity) { Float(heights[$0]) }
          default:
            let heights = WideNumbers(.column(rows.columns[1]))
            picture = draw(chart, places, range, greatest, greatestHeight(y)) { row in
              let height = heights.at(row)
              return height.isNegative ? 0 : height.magnitude
            }
          }
          out.append(picture[...])
        }
        return Column(.string, .string(out))
      }
    }
  ]

  private static let barsMax: UInt64 = 1_024

  private static func barChart(_ call: AggregateBinding) throws(SQLError) -> BarChart {
    guard call.parameters.count == 1 || call.parameters.count == 3 else {
      throw SQLError(
        .numberOfArgumentsDoesntMatch,
        "The number of params does not match for aggregate function '\(call.name)', expected 1 or 3, got "
          + "\(call.parameters.count)", at: call.position)
    }
    let (x, y) = (call.types[0], call.types[1])
    let bounds = call.parameters.dropFirst()
    for bound in bounds where !bound.type.isPlace || x == .uint128 {
      throw SQLError(
        .illegalTypeOfArgument,
        "The second and third parameters are not the same type as the first arguments for aggregate function "
          + "\(call.name)", at: call.position)
    }
    guard x.isPlace || x == .uint128 else {
      throw call.illegal(0, "an unsigned number, Date or DateTime")
    }
    guard y.isNumber || y.isWideInteger || y == .float32 else { throw call.illegal(1, "a number") }
    guard call.parameters[0].type.isInteger || call.parameters[0].type == .bool else {
      throw SQLError(
        .badGet, "The first parameter of aggregate function \(call.name) must be an integer",
        at: call.position)
    }
    guard let width = call.parameters[0].value.int64, width >= 2, width <= Int64(barsMax) else {
      throw SQLError(
        .badArguments, "Parameter width must be in range [2, \(barsMax)]", at: call.position)
    }
    var chart = BarChart(width: Int(width))
    if bounds.count == 2 {
      // They wrap to the width of x, as in ClickHouse.
      let ends = bounds.map {
        UInt128(UInt64(bitPattern: $0.value.wrappedInt64)) & greatestPlace(x)
      }
      guard ends[0] < ends[1] else {
        throw SQLError(
          .badArguments, "Parameter `min_x` must be less than `max_x`", at: call.position)
      }
      chart.range = ends[0]...ends[1]
    }
    return chart
  }

  private static func draw<Height: BarHeight>(
    _ chart: BarChart, _ places: WideNumbers, _ rows: Range<Int>, _ greatest: UInt128,
    _ limit: Height, _ height: (Int) -> Height
  ) -> [UInt8] {
    var sums: [UInt128: Height] = [:]
    var seen: ClosedRange<UInt128>?
    for row in rows {
      let place = places.at(row).magnitude
      if let range = chart.range, !range.contains(place) { continue }
      seen = seen.map { min($0.lowerBound, place)...max($0.upperBound, place) } ?? place...place
      let height = height(row)
      // NaN as well is not above 0.
      guard height > .zero else { continue }
      sums[place] = sums[place].map { $0.adding(height, limit) ?? limit } ?? height
    }
    var chart = chart
    chart.range = chart.range ?? seen
    let points = sums.sorted { $0.key < $1.key }.map { (place: $0.key, height: $0.value) }
    return chart.drawn(points, greatest: greatest, limit)
  }

  private static func greatestPlace(_ type: DataType) -> UInt128 {
    switch type.physical {
    case .uint8: UInt128(UInt8.max)
    case .uint16: UInt128(UInt16.max)
    case .uint32: UInt128(UInt32.max)
    case .uint64: UInt128(UInt64.max)
    default: .max
    }
  }

  private static func greatestHeight(_ type: DataType) -> UInt128 {
    switch type.physical {
    case .int8: UInt128(Int8.max)
    case .int16: UInt128(Int16.max)
    case .int32: UInt128(Int32.max)
    case .int64: UInt128(Int64.max)
    case .int128: UInt128(Int128.max)
    default: greatestPlace(type)
    }
  }
}

extension DataType {
  /// What bars of up to 64 bits stand over.
  fileprivate var isPlace: Bool {
    switch self {
    case .uint8, .uint16, .uint32, .uint64, .bool, .date, .dateTime: true
    default: false
    }
  }
}
