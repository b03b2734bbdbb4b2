/// How LIMIT and OFFSET say how many rows they mean, where a plain number does not.
import TickColumns

public enum RowCount: Sendable, Hashable {
  case rows(Int)
  /// `LIMIT -n`: the last rows; `OFFSET -n`: all but the last.
  case fromEnd(Int)
  /// `LIMIT 0.5`: a share of all rows, rounded up.
  case share(Double)

  var isPlain: Bool { if case .rows = self { true } else { false } }

  var text: String {
    switch self {
    case .rows(let count): "\(count)"
    case .fromEnd(let count): "-\(count)"
    case .share(let share): "\(share)"
    }
  }
}

/// LIMIT and OFFSET that need to know how many rows there are.
struct CountedLimit: Sendable, Hashable {
  var limit: RowCount?
  var offset: RowCount?

  /// Shares go with counts from the start only, as in ClickHouse.
  var isMixed: Bool {
    let parts = [limit, offset].compactMap { $0 }
    let hasShare = parts.contains { if case .share = $0 { true } else { false } }
    return hasShare && parts.contains { if case .fromEnd = $0 { true } else { false } }
  }

  /// The rows that are meant of so many.
  func range(of count: Int) -> Range<Int> {
    var rest = 0..<count
    switch offset {
    case nil: break
    case .rows(let skipped): rest = min(skipped, count)..<count
    case .fromEnd(let dropped): rest = 0..<max(0, count - min(dropped, count))
    case .share(let share): rest = Self.part(share, of: count)..<count
    }
    switch limit {
    case nil: return rest
    case .rows(let most): return rest.lowerBound..<rest.lowerBound + min(most, rest.count)
    case .fromEnd(let most): return rest.upperBound - min(most, rest.count)..<rest.upperBound
    case .share(let share):
      return rest.lowerBound..<rest.lowerBound + min(Self.part(share, of: count), rest.count)
    }
  }

  private static func part(_ share: Double, of count: Int) -> Int {
    min(count, Int((Double(count) * share).rounded(.up)))
  }
}
