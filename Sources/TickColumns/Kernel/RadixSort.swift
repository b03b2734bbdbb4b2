/// Sorting rows by ranks that fit one machine word together: digit by digit, without a comparison.

/// The ranks of each row as one number, in the same order.
enum PackedRanks {
  /// Numbers below 2^bits.
  case packed([UInt64], bits: Int)
  /// They need more than 64 bits, or are too few to be worth it.
  case tooLong
}

/// Each rank less the least of its column, side by side; nil when it is not wanted any more.
func packedRanks(
  _ ranks: [[UInt64]], rowCount: Int, while isWanted: () -> Bool
) -> PackedRanks? {
  guard rowCount >= radixRowsMin else { return .tooLong }
  var bits = 0
  var parts: [(least: UInt64, width: Int)] = []
  for column in ranks {
    var (least, greatest) = (UInt64.max, UInt64.min)
    for rank in column {
      least = min(least, rank)
      greatest = max(greatest, rank)
    }
    guard isWanted() else { return nil }
    let width = 64 - (greatest - least).leadingZeroBitCount
    parts.append((least, width))
    bits += width
    if bits > 64 { return .tooLong }
  }
  var numbers = [UInt64](repeating: 0, count: rowCount)
  for (column, part) in zip(ranks, parts) {
    let column = column.span
    var numbers = numbers.mutableSpan
    for row in 0..<rowCount {
      // A shift by 64 is 0: then nothing stands above.
      numbers[row] = numbers[row] << UInt64(part.width) | (column[row] &- part.least)
    }
    guard isWanted() else { return nil }
  }
  return .packed(numbers, bits: bits)
}

/// Fewer rows are sorted sooner by comparing them.
private let radixRowsMin = 1 << 12

/// Positions of numbers below 2^bits in ascending order, equal ones in theirs; nil when it is not wanted any more.
func radixSorted(_ given: [UInt64], bits: Int, while isWanted: () -> Bool) -> [Int32]? {
  let count = given.count
  let digitBits = 11
  let digits = (bits + digitBits - 1) / digitBits
  let mask = UInt64(1 << digitBits - 1)
  // All digits are counted in one go.
  var starts = [Int](repeating: 0, count: max(1, digits) << digitBits)
  for piece in stride(from: 0, to: count, by: rowsBetweenQuestions) {
    guard isWanted() else { return nil }
    let given = given.span
    var counts = starts.mutableSpan
    for i in piece..<min(piece + rowsBetweenQuestions, count) {
      var rest = given[i]
      for digit in 0..<digits {
        counts[digit << digitBits | Int(rest & mask)] &+= 1
        rest >>= UInt64(digitBits)
      }
    }
  }
  var numbers = given
  var rows = (0..<Int32(count)).map { $0 }
  var movedNumbers = numbers
  var movedRows = rows
  for digit in 0..<digits {
    let first = digit << digitBits
    var place = 0
    var isShared = false
    for bucket in first..<first + 1 << digitBits {
      isShared = isShared || starts[bucket] == count
      (starts[bucket], place) = (place, place + starts[bucket])
    }
    if isShared { continue }
    let shift = UInt64(digit * digitBits)
    for piece in stride(from: 0, to: count, by: rowsBetweenQuestions) {
      guard isWanted() else { return nil }
      // Spans, so that no array is asked for each number whether it is its owner's alone.
      let (from, fromRows) = (numbers.span, rows.span)
      var places = starts.mutableSpan
      var to = movedNumbers.mutableSpan
      var toRows = movedRows.mutableSpan
      for i in piece..<min(piece + rowsBetweenQuestions, count) {
        let number = from[i]
        let bucket = first | Int(number &>> shift & mask)
        let place = places[bucket]
        to[place] = number
        toRows[place] = fromRows[i]
        places[bucket] = place &+ 1
      }
    }
    swap(&numbers, &movedNumbers)
    swap(&rows, &movedRows)
  }
  return rows
}
