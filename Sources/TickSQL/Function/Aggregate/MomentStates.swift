/// Variance, deviation, skewness and kurtosis, from central moments.
///
/// A run of rows is measured around its own mean and joined to what is there by the formulas of Pébay ("Formulas for
/// Robust, One-Pass Parallel Computation of Covariances and Arbitrary-Order Statistical Moments", 2008): nothing is
/// lost where the mean is large against the spread, which sums of powers cannot promise.
import TickColumns
import TickFormats

/// What is read off the moments of a group.
enum MomentResult: Sendable {
  case variance(isSample: Bool)
  case deviation(isSample: Bool)
  case skewness(isSample: Bool)
  case kurtosis(isSample: Bool)

  var needsHigherMoments: Bool {
    switch self {
    case .variance, .deviation: false
    case .skewness, .kurtosis: true
    }
  }

  func value(_ m: Moments) -> Double {
    switch self {
    case .variance(let isSample): m.variance(isSample)
    case .deviation(let isSample): m.variance(isSample).squareRoot()
    case .skewness(let isSample):
      m.m3 / m.count / (m.variance(isSample) * m.variance(isSample).squareRoot())
    case .kurtosis(let isSample):
      m.m4 / m.count / (m.variance(isSample) * m.variance(isSample))
    }
  }
}

/// How many values, their mean, and the sums of powers of their distances from it.
struct Moments: Sendable {
  var count: Double = 0
  var mean: Double = 0
  var m2: Double = 0
  var m3: Double = 0
  var m4: Double = 0

  func variance(_ isSample: Bool) -> Double {
    // NaN without values, and for a sample of one.
    m2 / (isSample ? (count > 1 ? count - 1 : .nan) : count)
  }

  /// The moments of `values[range]`, in two passes.
  static func of(_ values: [Double], _ range: Range<Int>, higher: Bool) -> Moments {
    var m = Moments()
    m.count = Double(range.count)
    guard !range.isEmpty else { return m }
    var sum = 0.0
    for row in range { sum += values[row] }
    m.mean = sum / m.count
    var rest = 0.0
    if higher {
      for row in range {
        let d = values[row] - m.mean
        let square = d * d
        rest += d
        m.m2 += square
        m.m3 += square * d
        m.m4 += square * square
      }
    } else {
      for row in range {
        let d = values[row] - m.mean
        rest += d
        m.m2 += d * d
      }
    }
    // What rounding left in the mean.
    m.m2 -= rest * rest / m.count
    return m
  }

  mutating func join(_ other: Moments) {
    guard other.count > 0 else { return }
    guard count > 0 else {
      self = other
      return
    }
    let (a, b) = (count, other.count)
    let n = a + b
    let delta = other.mean - mean
    let square = delta * delta
    let cube3 = delta * square * a * b * (a - b) / (n * n)
    let fourth = square * square * a * b * (a * a - a * b + b * b) / (n * n * n)
    let m4Cross = 6 * square * (a * a * other.m2 + b * b * m2) / (n * n)
    m4 += other.m4 + fourth + m4Cross + 4 * delta * (a * other.m3 - b * m3) / n
    m3 += other.m3 + cube3 + 3 * delta * (a * other.m2 - b * m2) / n
    m2 += other.m2 + square * a * b / n
    mean += delta * b / n
    count = n
  }
}

final class MomentState: AggregateState {
  private let result: MomentResult
  fileprivate var groups: [Moments] = []

  init(_ result: MomentResult) { self.result = result }

  func resize(_ count: Int) { groups.extend(to: count, with: Moments()) }

  func update(_ input: AggregateInput) {
    guard case .float64(let values) = input.column(0).values else { return }
    Self.add(values, input.runs, higher: result.needsHigherMoments, &groups)
  }

  private static func add(
    _ values: [Double], _ runs: GroupRuns, higher: Bool, _ groups: inout [Moments]
  ) {
    for run in 0..<runs.starts.count {
      groups[Int(runs.groups[run])].join(.of(values, runs.range(run), higher: higher))
    }
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? MomentState else { return }
    for (theirs, ours) in groups.enumerated() { self.groups[Int(ours)].join(other.groups[theirs]) }
  }

  func finish() -> Column { Column(.float64, .float64(groups.map { result.value($0) })) }
  var byteCount: Int { groups.count * MemoryLayout<Moments>.stride }
}

// MARK: Two variables

/// What is read off the joint moments of a group.
enum JointResult: Sendable {
  case covariance(isSample: Bool)
  case correlation
}

final class JointMomentState: AggregateState {
  private let result: JointResult
  fileprivate var groups: [Joint] = []

  fileprivate struct Joint {
    var count: Double = 0
    var meanX: Double = 0
    var meanY: Double = 0
    var m2x: Double = 0
    var m2y: Double = 0
    var cross: Double = 0

    mutating func add(_ x: Double, _ y: Double) {
      count += 1
      let dx = x - meanX
      let dy = y - meanY
      meanX += dx / count
      meanY += dy / count
      m2x += dx * (x - meanX)
      m2y += dy * (y - meanY)
      cross += dx * (y - meanY)
    }

    mutating func join(_ other: Joint) {
      guard other.count > 0 else { return }
      let n = count + other.count
      let dx = other.meanX - meanX
      let dy = other.meanY - meanY
      let weight = count * other.count / n
      m2x += other.m2x + dx * dx * weight
      m2y += other.m2y + dy * dy * weight
      cross += other.cross + dx * dy * weight
      meanX += dx * other.count / n
      meanY += dy * other.count / n
      count = n
    }
  }

  init(_ result: JointResult) { self.result = result }

  func resize(_ count: Int) { groups.extend(to: count, with: Joint()) }

  func update(_ input: AggregateInput) {
    guard case .float64(let x) = input.column(0).values,
      case .float64(let y) = input.column(1).values
    else { return }
    Self.add(x, y, input.runs, &groups)
  }

  private static func add(
    _ x: [Double], _ y: [Double], _ runs: GroupRuns, _ groups: inout [Joint]
  ) {
    for run in 0..<runs.starts.count {
      let group = Int(runs.groups[run])
      var joint = groups[group]
      for row in runs.range(run) { joint.add(x[row], y[row]) }
      groups[group] = joint
    }
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? JointMomentState else { return }
    for (theirs, ours) in groups.enumerated() { self.groups[Int(ours)].join(other.groups[theirs]) }
  }

  func finish() -> Column {
    let values = groups.map { joint -> Double in
      switch result {
      case .covariance(let isSample):
        joint.cross / (isSample ? (joint.count > 1 ? joint.count - 1 : .nan) : joint.count)
      case .correlation: joint.cross / (joint.m2x * joint.m2y).squareRoot()
      }
    }
    return Column(.float64, .float64(values))
  }
  var byteCount: Int { groups.count * MemoryLayout<Joint>.stride }
}

// MARK: As values

/// ClickHouse's plain functions keep sums of powers, the `Stable` ones what is kept here.
///
/// A state of many equal values far from zero has lost digits when it comes from sums of powers; what goes out as sums has
/// all that they can hold.
extension MomentState: ExchangedState {
  func encoded(_ layout: StateLayout) -> StringValues {
    if layout.beginsWithCount {
      return StateWriter.counted(groups.map(\.count), [groups.map(\.mean), groups.map(\.m2)])
    }
    let powers = groups.map(\.powers)
    return StateWriter.reals(
      (0..<layout.partTypes.count).map { i in powers.map { $0[i] } }, layout.partTypes)
  }

  func absorb(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) {
    let numbers = try reals(&states, layout)
    for run in 0..<runs.starts.count {
      for row in runs.range(run) {
        let given = numbers.map { $0[row] }
        let moments =
          layout.beginsWithCount
          ? Moments(count: given[0], mean: given[1], m2: given[2]) : Moments(powers: given)
        groups[Int(runs.groups[run])].join(moments)
      }
    }
  }
}

extension Moments {
  /// How many values, and the sums of their powers up to the fourth.
  fileprivate var powers: [Double] {
    let square = mean * mean
    return [
      count, count * mean, m2 + count * square, m3 + 3 * mean * m2 + count * mean * square,
      m4 + 4 * mean * m3 + 6 * square * m2 + count * square * square,
    ]
  }

  fileprivate init(powers sums: [Double]) {
    count = sums[0]
    guard count > 0 else { return }
    mean = sums[1] / count
    let square = mean * mean
    m2 = max(0, sums[2] - sums[1] * mean)
    if sums.count > 3 { m3 = sums[3] - 3 * mean * sums[2] + 2 * count * mean * square }
    if sums.count > 4 {
      m4 = sums[4] - 4 * mean * sums[3] + 6 * square * sums[2] - 3 * count * square * square
    }
  }
}

extension JointMomentState: ExchangedState {
  func encoded(_ layout: StateLayout) -> StringValues {
    let parts: [[Double]]
    if layout.beginsWithCount {
      parts = [
        groups.map(\.meanX), groups.map(\.meanY), groups.map(\.cross), groups.map(\.m2x),
        groups.map(\.m2y),
      ]
      return StateWriter.counted(
        groups.map(\.count), Array(parts.prefix(layout.partTypes.count)))
    }
    parts = [
      groups.map(\.count), groups.map { $0.count * $0.meanX }, groups.map { $0.count * $0.meanY },
      groups.map { $0.cross + $0.count * $0.meanX * $0.meanY },
      groups.map { $0.m2x + $0.count * $0.meanX * $0.meanX },
      groups.map { $0.m2y + $0.count * $0.meanY * $0.meanY },
    ]
    return StateWriter.reals(
      Array(parts.prefix(layout.partTypes.count)), layout.partTypes)
  }

  func absorb(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) {
    let numbers = try reals(&states, layout)
    for run in 0..<runs.starts.count {
      for row in runs.range(run) {
        let given = numbers.map { $0[row] }
        var joint = Joint()
        joint.count = given[0]
        guard joint.count > 0 else { continue }
        if layout.beginsWithCount {
          (joint.meanX, joint.meanY, joint.cross) = (given[1], given[2], given[3])
          if given.count > 5 { (joint.m2x, joint.m2y) = (given[4], given[5]) }
        } else {
          (joint.meanX, joint.meanY) = (given[1] / given[0], given[2] / given[0])
          joint.cross = given[3] - given[1] * joint.meanY
          if given.count > 5 {
            joint.m2x = max(0, given[4] - given[1] * joint.meanX)
            joint.m2y = max(0, given[5] - given[2] * joint.meanY)
          }
        }
        groups[Int(runs.groups[run])].join(joint)
      }
    }
  }
}

extension StateLayout {
  fileprivate var beginsWithCount: Bool {
    if case .sequence(let parts) = self { parts.first == .count } else { false }
  }
}

extension ExchangedState {
  /// The parts of states that are doubles, a count before them as one.
  fileprivate func reals(
    _ states: inout StateReader, _ layout: StateLayout
  ) throws(SQLError) -> [[Double]] {
    var out: [[Double]] = []
    if layout.beginsWithCount { out.append(try counts(&states).map { Double($0) }) }
    for type in layout.partTypes {
      let column = try cells(&states, type)
      out.append(KernelValue.column(column).doubles().map(rows: column.count) { $0 })
    }
    return out
  }
}

extension StateWriter {
  /// Doubles, each part in the type of its cells.
  fileprivate static func reals(_ parts: [[Double]], _ types: [DataType]) -> StringValues {
    sequence(
      zip(parts, types).map { part, type in
        type == .float32
          ? cells(Column(.float32, .float32(part.map { Float($0) })))
          : cells(Column(.float64, .float64(part)))
      })
  }

  fileprivate static func counted(_ counts: [Double], _ parts: [[Double]]) -> StringValues {
    sequence(
      [self.counts(counts.map { UInt64(exactly: $0.rounded()) ?? 0 })]
        + parts.map { cells(Column(.float64, .float64($0))) })
  }
}
