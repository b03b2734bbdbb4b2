/// How far two strings are apart.
import TickColumns

extension FunctionTable {
  static let textDistances: [ScalarFunction] = [
    editDistance(
      "editDistance", "The least number of bytes inserted, left away or replaced.",
      ["levenshteinDistance"], isUTF8: false, swaps: false),
    editDistance(
      "editDistanceUTF8", "editDistance in characters.", ["levenshteinDistanceUTF8"], isUTF8: true,
      swaps: false),
    editDistance(
      "damerauLevenshteinDistance", "editDistance where swapped neighbours count once.", [],
      isUTF8: false, swaps: true),
    similarity("jaroSimilarity", "The Jaro similarity of the bytes, 0 to 1.", isWinkler: false),
    similarity(
      "jaroWinklerSimilarity", "The Jaro-Winkler similarity of the bytes, 0 to 1.", isWinkler: true),
  ]

  /// Bytes or characters of a string at most: time grows with the product.
  private static let distanceLengthMax = 1 << 16

  private static func editDistance(
    _ name: String, _ summary: String, _ aliases: [String], isUTF8: Bool, swaps: Bool
  ) -> ScalarFunction {
    ScalarFunction(
      name, .text, arguments: "a, b", result: "UInt64", summary: summary, arity: 2...2,
      aliases: aliases, traits: .mayThrow
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<2)
      return .kernel(.uint64) { (input) throws(SQLError) in
        let left = input.operands[0].strings
        let right = input.operands[1].strings
        var out = [UInt64](repeating: 0, count: input.rows)
        for row in 0..<input.rows where input.valid?[row] != 0 {
          let a = isUTF8 ? CodePoints.scalars(left[row]) : left[row].map { UInt32($0) }
          let b = isUTF8 ? CodePoints.scalars(right[row]) : right[row].map { UInt32($0) }
          guard a.count <= distanceLengthMax, b.count <= distanceLengthMax else {
            throw SQLError(
              .tooLargeStringSize,
              "The string for function \(name) is too long, maximum is \(distanceLengthMax)")
          }
          out[row] = UInt64(distance(a, b, swaps: swaps))
        }
        return .column(.uint64, out)
      }
    }
  }

  private static func distance(_ a: [UInt32], _ b: [UInt32], swaps: Bool) -> Int {
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var before = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    var current = [Int](repeating: 0, count: b.count + 1)
    for i in 1...a.count {
      current[0] = i
      for j in 1...b.count {
        let isSame = a[i - 1] == b[j - 1]
        var best = min(last[j] + 1, current[j - 1] + 1, last[j - 1] + (isSame ? 0 : 1))
        if swaps, i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          best = min(best, before[j - 2] + 1)
        }
        current[j] = best
      }
      (before, last, current) = (last, current, before)
    }
    return last[b.count]
  }

  private static func similarity(
    _ name: String, _ summary: String, isWinkler: Bool
  ) -> ScalarFunction {
    ScalarFunction(
      name, .text, arguments: "a, b", result: "Float64", summary: summary, arity: 2...2,
      traits: .mayThrow
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<2)
      return .kernel(.float64) { (input) throws(SQLError) in
        let left = input.operands[0].strings
        let right = input.operands[1].strings
        var out = [Double](repeating: 0, count: input.rows)
        for row in 0..<input.rows where input.valid?[row] != 0 {
          let (a, b) = (Array(left[row]), Array(right[row]))
          guard a.count <= distanceLengthMax, b.count <= distanceLengthMax else {
            throw SQLError(
              .tooLargeStringSize,
              "The string for function \(name) is too long, maximum is \(distanceLengthMax)")
          }
          let jaro = jaro(a, b)
          out[row] = jaro
          if isWinkler, jaro > 0.7 {
            let shared = zip(a, b).prefix(4).prefix { $0 == $1 }.count
            out[row] = jaro + Double(shared) * 0.1 * (1 - jaro)
          }
        }
        return .column(.float64, out)
      }
    }
  }

  private static func jaro(_ a: [UInt8], _ b: [UInt8]) -> Double {
    // As ClickHouse has it.
    if a.isEmpty || b.isEmpty { return a.isEmpty && b.isEmpty ? 0 : 1 }
    let reach = max(0, max(a.count, b.count) / 2 - 1)
    var taken = [Bool](repeating: false, count: b.count)
    var matches: [UInt8] = []
    for (i, byte) in a.enumerated() {
      for j in max(0, i - reach)..<max(max(0, i - reach), min(b.count, i + reach + 1))
      where !taken[j] && b[j] == byte {
        taken[j] = true
        matches.append(byte)
        break
      }
    }
    if matches.isEmpty { return 0 }
    var swapped = 0
    var next = 0
    for j in b.indices where taken[j] {
      if b[j] != matches[next] { swapped += 1 }
      next += 1
    }
    let m = Double(matches.count)
    return (m / Double(a.count) + m / Double(b.count) + (m - Double(swapped / 2)) / m) / 3
  }
}
