/// The greatest and the least of a stretch of rows, and where a number stands: the inner loops of min, max, argMin
/// and argMax.
internal import CTickKernels

public enum Extremes {
  /// The greatest number of a range that is not empty.
  public static func greatest(_ values: [Int64], _ range: Range<Int>) -> Int64 {
    unsafe lend(values, range) { unsafe tick_greatest($0, $1) }
  }

  /// The least number of a range that is not empty.
  public static func least(_ values: [Int64], _ range: Range<Int>) -> Int64 {
    unsafe lend(values, range) { unsafe tick_least($0, $1) }
  }

  /// The first row of the range that holds a number; the range's end when none does.
  public static func find(_ number: Int64, _ values: [Int64], _ range: Range<Int>) -> Int {
    let place = unsafe lend(values, range) { unsafe tick_find($0, 0, $1, number) }
    return range.lowerBound + place
  }

  /// The greatest double of a range that is not empty: NaN only where there is nothing else, 0 above -0.
  public static func greatest(_ values: [Double], _ range: Range<Int>) -> Double {
    let found = unsafe lend(values, range) { unsafe tick_greatest_double($0, $1) }
    return settled(found, ifAny: -.infinity, zeroSign: .plus, values, range)
  }

  /// The least double of a range that is not empty: NaN only where there is nothing else, -0 below 0.
  public static func least(_ values: [Double], _ range: Range<Int>) -> Double {
    let found = unsafe lend(values, range) { unsafe tick_least_double($0, $1) }
    return settled(found, ifAny: .infinity, zeroSign: .minus, values, range)
  }

  /// What the loop leaves open: an infinity that may stand for nothing, and which zero it is.
  private static func settled(
    _ found: Double, ifAny infinity: Double, zeroSign: FloatingPointSign, _ values: [Double],
    _ range: Range<Int>
  ) -> Double {
    if found == infinity { return range.contains { values[$0] == infinity } ? found : .nan }
    guard found == 0 else { return found }
    let hasSign = range.contains { values[$0] == 0 && values[$0].sign == zeroSign }
    return (zeroSign == .minus) == hasSign ? -0.0 : 0
  }

  @inline(__always)
  private static func lend<Element, Result>(
    _ values: [Element], _ range: Range<Int>,
    _ body: (UnsafePointer<Element>, Int) -> Result
  ) -> Result {
    unsafe values.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress, !range.isEmpty, range.lowerBound >= 0,
        range.upperBound <= buffer.count
      else { preconditionFailure("a range of \(range) in \(buffer.count) rows") }
      return unsafe body(base + range.lowerBound, range.count)
    }
  }
}
