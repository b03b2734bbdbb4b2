/// What worked for the blocks before: neighbouring blocks of a column are alike, so the way that was found for one is tried
/// alone on the next ones, and all ways again where it does worse than it did.
///
/// Invariant: a hint changes how long a choice takes and how good it is, never what a reader gets.

/// A turn on the way from values to packed numbers.
enum PlanStep: UInt8 {
  /// Exact, or but for patches.
  case multiples
  case patched
  case bins
  case delta
  case lagged
  case runLength
  case repeats
  case dictionary
}

/// The way that the blocks of one column took so far.
public struct EncodingHint: Sendable {
  /// Of the values, and of their differences to the reference column.
  var values = StreamHint()
  var differences = StreamHint()
  /// Nil: not yet known.
  var prefersDifferences: Bool?

  public init() {}

  /// True when both the values and their differences are to be tried.
  var comparesBoth: Bool { prefersDifferences == nil || values.isDue && differences.isDue }
}

/// The way of one stream.
struct StreamHint: Sendable {
  /// Nil: all ways are tried.
  private var recipe: [PlanStep]?
  /// What the block took for which all ways were tried, in bytes for 1,024 values.
  private var bytesThen = 0
  private var blocksSince = 0
  /// Doubles: the smaller of two exponents was the better one.
  private(set) var prefersTamer = false

  /// After so many blocks all ways are tried again.
  private static let blocksMax = 16
  /// Heads and chance weigh too much in shorter blocks, and all ways cost little there.
  private static let valuesMin = 256

  /// True when all ways are to be tried on the next block.
  var isDue: Bool { recipe == nil || blocksSince >= Self.blocksMax }

  /// The stream that the known way leads to; nil where there is none or it has got worse.
  mutating func follow(_ values: [Int64], _ shape: IntegerShape) -> IntegerPlan? {
    guard let recipe, !isDue, values.count >= Self.valuesMin else { return nil }
    blocksSince += 1
    let plan = planIntegers(values, shape, along: recipe[...])
    // A 32nd more, and what heads may differ by; far less means that the values are of another kind.
    let expected = bytesThen * values.count / BlockLimits.rowsMax
    let bytes = plan.byteCount(shape)
    return bytes <= expected * 33 / 32 + 8 && bytes >= expected * 7 / 8 - 16 ? plan : nil
  }

  /// Remembers the way of a block for which all were tried.
  mutating func learn(
    _ plan: IntegerPlan, _ shape: IntegerShape, count: Int, prefersTamer: Bool = false
  ) {
    guard count >= Self.valuesMin else { return }
    recipe = plan.recipe
    bytesThen = plan.byteCount(shape) * BlockLimits.rowsMax / count
    blocksSince = 0
    self.prefersTamer = prefersTamer
  }

  /// The stream of the values by the known way, or by the best of all.
  mutating func plan(_ values: [Int64], _ shape: IntegerShape) -> IntegerPlan {
    if let plan = follow(values, shape) { return plan }
    let plan = planIntegers(values, shape)
    learn(plan, shape, count: values.count)
    return plan
  }
}

extension IntegerPlan {
  /// The turns that lead to this plan.
  fileprivate var recipe: [PlanStep] {
    switch self {
    case .plain, .constant, .frame: []
    case .delta(_, let inner): [.delta] + inner.recipe
    case .lagged(_, let inner): [.lagged] + inner.recipe
    case .runLength(_, _, let inner): [.runLength] + inner.recipe
    case .repeats(_, let inner): [.repeats] + inner.recipe
    case .dictionary: [.dictionary]
    case .patched(.multiples(_, _, let inner), _, _): [.multiples] + inner.recipe
    case .patched: [.patched]
    case .bins: [.bins]
    case .multiples(_, _, let inner): [.multiples] + inner.recipe
    }
  }
}
