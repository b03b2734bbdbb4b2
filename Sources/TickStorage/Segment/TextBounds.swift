internal import TickColumns

/// Bounds of text, short enough for a footer.

/// Positions of the smallest and the largest string that is not NULL.
func textBounds(_ strings: StringValues, _ validity: [UInt8]?) -> (low: Int, high: Int)? {
  var found: (low: Int, high: Int)?
  for row in 0..<strings.count where validity.map({ $0[row] != 0 }) ?? true {
    guard let (low, high) = found else {
      found = (row, row)
      continue
    }
    if StringValues.compare(strings[row], strings[low]) < 0 {
      found = (row, high)
    } else if StringValues.compare(strings[row], strings[high]) > 0 {
      found = (low, row)
    }
  }
  return found
}

/// A short text that is not above the given one.
func lowerTextBound(_ text: ArraySlice<UInt8>) -> Value {
  .bytes(Array(text.prefix(SegmentLimits.textBoundMax)))
}

/// A short text that is not below the given one; nil when there is none.
func upperTextBound(_ text: ArraySlice<UInt8>) -> Value? {
  var bound = Array(text.prefix(SegmentLimits.textBoundMax))
  if text.count <= SegmentLimits.textBoundMax { return .bytes(bound) }
  while let last = bound.popLast() {
    if last < 0xFF { return .bytes(bound + [last + 1]) }
  }
  return nil
}
