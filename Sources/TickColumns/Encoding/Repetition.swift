/// Which values of a block repeat: runs of equal neighbours, and distinct values.
struct Repetition<Pattern: BitPattern> {
  private let values: [Pattern]
  /// Where runs of equal values begin.
  private(set) var starts: [Int] = []
  /// How long they are, minus 1.
  private(set) var lengths: [Int64] = []

  init(_ values: [Pattern]) {
    self.values = values
    for i in values.indices {
      if i > 0, values[i] == values[i - 1] {
        lengths[lengths.count - 1] += 1
      } else {
        starts.append(i)
        lengths.append(0)
      }
    }
  }

  /// The distinct values, ascending as bit patterns and named by a position where each stands, and for each value the
  /// number of its entry. Nil where more than half of the values are distinct.
  func dictionary() -> (entries: [Int], codes: [UInt64])? {
    var codeOf: [Pattern: Int] = [:]
    var entries: [Int] = []
    var codes: [Int] = []
    codes.reserveCapacity(values.count)
    for (i, value) in values.enumerated() {
      if let known = codeOf[value] {
        codes.append(known)
        continue
      }
      guard entries.count * 2 < values.count else { return nil }
      codeOf[value] = entries.count
      codes.append(entries.count)
      entries.append(i)
    }
    // Ascending entries pack well, and codes then ascend with values.
    let order = entries.indices.sorted { values[entries[$0]] < values[entries[$1]] }
    var places = [UInt64](repeating: 0, count: order.count)
    for (place, entry) in order.enumerated() { places[entry] = UInt64(place) }
    return (order.map { entries[$0] }, codes.map { places[$0] })
  }
}
