/// The partitions that the rows of a segment belong to: one, or those from a first to a last.
///
/// Rows that are thinly spread over many partitions, such as ten years of a quiet symbol, share a segment, since a file
/// for each partition would cost more than its rows.
///
/// Invariant: names compare bytewise, and `first` is not behind `last`.
public struct PartitionSpan: Hashable, Sendable, ExpressibleByStringLiteral {
  /// The text of the partition's value, as the engine evaluated PARTITION BY.
  public let first: String
  public let last: String

  public init(_ name: String) {
    first = name
    last = name
  }

  public init(stringLiteral name: String) { self.init(name) }

  /// The span of these names; nil when there is none.
  public init?(_ names: some Sequence<String>) {
    let sorted = names.sorted(by: Self.precedes)
    guard let first = sorted.first, let last = sorted.last else { return nil }
    self.first = first
    self.last = last
  }

  /// Nil when the first is behind the last.
  init?(first: String, last: String) {
    if Self.precedes(last, first) { return nil }
    self.first = first
    self.last = last
  }

  public var isSingle: Bool { first == last }

  /// Whether rows of a partition may be among those of the segment.
  public func mayContain(_ name: String) -> Bool {
    !Self.precedes(name, first) && !Self.precedes(last, name)
  }

  /// For people: the name, or both ends.
  public var text: String { isSingle ? first : "\(first) .. \(last)" }

  public static func precedes(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }
}

/// Which partitions of rows that are written at one time share segments.
public enum PartitionGrouping {
  /// A partition with fewer rows shares a segment, if there are many of them.
  static let smallRows = 1 << 16
  /// So many small partitions are many.
  static let smallCount = 16
  /// Rows of a segment of several partitions, about.
  static let spanRows = 1 << 20

  /// - Parameter rowCounts: rows by the name of their partition.
  /// - Returns: the names for each segment or, of a large partition, for its segments; all names once, in ascending order.
  public static func groups(_ rowCounts: [String: Int]) -> [[String]] {
    let names = rowCounts.keys.sorted(by: PartitionSpan.precedes)
    let small = names.filter { rowCounts[$0, default: 0] < smallRows }
    guard small.count >= smallCount else { return names.map { [$0] } }
    var groups: [[String]] = []
    var open: [String] = []
    var rows = 0
    for name in names {
      let own = rowCounts[name, default: 0]
      if own >= smallRows {
        groups.append([name])
        continue
      }
      open.append(name)
      rows += own
      if rows >= spanRows {
        groups.append(open)
        (open, rows) = ([], 0)
      }
    }
    if !open.isEmpty { groups.append(open) }
    return groups
  }
}
