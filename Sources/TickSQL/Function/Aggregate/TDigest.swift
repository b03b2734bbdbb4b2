/// quantileTDigest: ClickHouse's t-digest, step by step, fed in the order in which rows arrived. So an answer is the one that
/// ClickHouse gives with one thread, however many threads there are.
///
/// Invariants:
/// 1. Means are no NaN and counts are above 0.
/// 2. After `compress` the centroids ascend and are at most `centroidsMax`.
import TickColumns

struct TDigest {
  private struct Centroid {
    var mean: Float
    var count: Float
  }

  private var centroids: [Centroid] = []
  private var count = 0.0
  private var unmergedCount = 0

  private static let epsilon = 0.01 as Float
  private static let centroidsMax = 2_048
  private static let unmergedMax = 2_048

  mutating func add(_ value: Float, weight: UInt64) {
    guard weight > 0, !value.isNaN else { return }
    centroids.append(Centroid(mean: value, count: Float(weight)))
    count += Double(Float(weight))
    unmergedCount += 1
    if unmergedCount > Self.unmergedMax { compress() }
  }

  /// The value at a level; nil without values.
  mutating func value(at level: Double) -> Float? {
    guard !centroids.isEmpty else { return nil }
    compress()
    guard centroids.count > 1 else { return centroids[0].mean }
    let wanted = level * count
    var before = 0.0
    var sum: Float = 0
    var last = centroids[0]
    for centroid in centroids {
      let place = Double(sum + centroid.count * 0.5)
      if place >= wanted {
        // A centroid of one value lies there and nowhere else.
        let left = before + (last.count == 1 ? 0.5 : 0)
        let right = place - (centroid.count == 1 ? 0.5 : 0)
        if wanted <= left { return last.mean }
        if wanted >= right { return centroid.mean }
        return Self.between(Float(wanted), Float(left), last.mean, Float(right), centroid.mean)
      }
      sum += centroid.count
      last = centroid
      before = place
    }
    return last.mean
  }

  private static func between(_ x: Float, _ x1: Float, _ y1: Float, _ x2: Float, _ y2: Float)
    -> Float
  {
    let share = Double((x - x1) / (x2 - x1))
    return Float((1 - share) * Double(y1) + share * Double(y2))
  }

  private mutating func compress() {
    if unmergedCount > 0 || centroids.count > Self.centroidsMax {
      sort()
      merge()
      unmergedCount = 0
    }
    if centroids.count > Self.centroidsMax { cut() }
  }

  /// By the mean; equal ones keep their order.
  private mutating func sort() {
    var keys = centroids.indices.map { i -> UInt64 in
      let bits = centroids[i].mean.bitPattern
      let image = bits >> 31 == 1 ? ~bits : bits | 0x8000_0000
      return UInt64(image) << 32 | UInt64(i)
    }
    keys.sort()
    centroids = keys.map { centroids[Int($0 & 0xFFFF_FFFF)] }
  }

  /// The left one of two neighbours eats the right one while it stays small for its place.
  private mutating func merge() {
    let limit = count * Double(Self.epsilon) * 4
    var sum = 0.0
    var left = 0
    var mean = Double(centroids[0].mean)
    var weight = Double(centroids[0].count)
    for right in 1..<max(1, centroids.count) {
      let other = centroids[right]
      let low = (sum + weight * 0.5) / count
      let high = (sum + weight + Double(other.count) * 0.5) / count
      let error = min(low * (1 - low), high * (1 - high))
      let fits = weight + Double(other.count) <= limit * error
      if fits, mean == Double(other.mean) || (mean.isFinite && other.mean.isFinite) {
        weight += Double(other.count)
        if Double(other.mean) != mean {
          mean += Double(other.count) * (Double(other.mean) - mean) / weight
        }
        centroids[left] = Centroid(mean: Float(mean), count: Float(weight))
      } else {
        sum += Double(centroids[left].count)
        left += 1
        centroids[left] = other
        mean = Double(other.mean)
        weight = Double(other.count)
      }
    }
    count = sum + weight
    centroids.removeLast(centroids.count - left - 1)
  }

  /// Where merging leaves too many: so many neighbours become one that they fit.
  private mutating func cut() {
    let size = (centroids.count + Self.centroidsMax - 1) / Self.centroidsMax
    var kept: [Centroid] = []
    var sum = 0.0
    var start = 0
    while start < centroids.count {
      var mean = Double(centroids[start].mean)
      var weight = Double(centroids[start].count)
      for other in centroids[start..<min(start + size, centroids.count)].dropFirst() {
        weight += Double(other.count)
        if Double(other.mean) != mean {
          mean += Double(other.count) * (Double(other.mean) - mean) / weight
        }
      }
      if !mean.isNaN {
        kept.append(Centroid(mean: Float(mean), count: Float(weight)))
        sum += Double(Float(weight))
      }
      start += size
    }
    count = sum
    centroids = kept
  }
}

extension AggregateFunction {
  static let digests: [AggregateFunction] = [false, true].flatMap { areMany in
    [digest(isWeighted: false, areMany), digest(isWeighted: true, areMany)]
  }

  private static func digest(isWeighted: Bool, _ areMany: Bool) -> AggregateFunction {
    let suffix = isWeighted ? "TDigestWeighted" : "TDigest"
    let result = "Float32, or the type of a date or time"
    return AggregateFunction(
      "\(areMany ? "quantiles" : "quantile")\(suffix)",
      arguments: isWeighted ? "x, weight" : "x", result: areMany ? "Array(\(result))" : result,
      summary:
        "About the value with that share of all \(isWeighted ? "weights" : "values") below it, by a t-digest in the order of "
        + "arrival. \(areMany ? "Parameters: the levels." : "Parameter: the level, 0.5 by default.")",
      arity: isWeighted ? 2...2 : 1...1, aliases: areMany ? [] : ["median\(suffix)"],
      aliasesAnyCase: false, traits: .takesParameters
    ) { (call) throws(SQLError) in
      let type = call.types[0]
      let isTime = type.isDateOrTime
      if case .dateTime64 = type { throw call.illegal(0, "a number, Date or DateTime") }
      guard type.isNumber || type == .float32 || isTime else {
        throw call.illegal(0, "a number, Date or DateTime")
      }
      if isWeighted, !call.types[1].isInteger || call.types[1].isSignedInteger {
        throw call.illegal(1, "an unsigned integer")
      }
      let levels = try levels(call, areMany)
      let element = isTime ? type : .float32
      return .collected(
        call.types, areMany ? .array(element) : element, neverNull: areMany
      ) { (rows) throws(SQLError) in
        var values: [Float] = []
        let doubles = rows.doubles(0)
        let weights: Vector<UInt64> =
          isWeighted ? KernelValue.column(rows.columns[1]).integers(UInt64.self) : .scalar(1)
        for group in rows.groups {
          var digest = TDigest()
          try CancellationPoint.forEachPiece(of: rows.rows(group)) { piece in
            for row in piece { digest.add(Float(doubles[row]), weight: weights.element(row)) }
          }
          for level in levels.levels {
            values.append(digest.value(at: level) ?? (isTime ? 0 : .nan))
          }
        }
        guard isTime else { return levels.shaped(Column(.float32, .float32(values))) }
        let ticks = KernelValue.column(.int64, values.map { Int64($0) })
        let times = FunctionTable.convertIntegers(ticks, to: type, rows: values.count)
        return levels.shaped(times.column(rows: values.count))
      }
    }
  }
}
