/// The known name that was probably meant, for the hint of an error.

/// The nearest candidate by edits (insert, delete, replace, swap of neighbours), at most two away; nil when
/// none is near enough. Case counts as no edit at all, and the first of several equally near ones wins.
///
/// A name of one or two letters has no neighbours: anything would be near it.
public func nearestName(_ name: String, among candidates: some Sequence<String>) -> String? {
  let wanted = Array(name.lowercased().utf8)
  guard wanted.count <= nameBytesMax else { return nil }
  var best: (name: String, distance: Int)?
  for candidate in candidates {
    let known = Array(candidate.lowercased().utf8)
    let limit = min(2, wanted.count / 3 + (wanted == known ? 1 : 0), (best?.distance ?? 3) - 1)
    guard limit >= 0, abs(known.count - wanted.count) <= limit,
      let distance = editDistance(wanted, known, atMost: limit)
    else { continue }
    best = (candidate, distance)
    if distance == 0 { break }
  }
  return best?.name
}

/// Longer names are not compared: the work grows with the square of the length.
private let nameBytesMax = 128

/// The optimal string alignment distance, nil when it is above the limit.
private func editDistance(_ a: [UInt8], _ b: [UInt8], atMost limit: Int) -> Int? {
  var beforeLast: [Int] = []
  var last = Array(0...b.count)
  for i in 1..<(a.count + 1) {
    var row = [i]
    row.reserveCapacity(b.count + 1)
    for j in 1..<(b.count + 1) {
      var cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
        cost = min(cost, beforeLast[j - 2] + 1)
      }
      row.append(cost)
    }
    if row.allSatisfy({ $0 > limit }) { return nil }
    beforeLast = last
    last = row
  }
  let distance = last[b.count]
  return distance <= limit ? distance : nil
}
