/// Many byte strings back to back: string i is `bytes[offsets[i]..<offsets[i + 1]]`.
///
/// Invariants: `offsets` starts with 0, never decreases, has `count + 1` entries and ends with `bytes.count`.
public struct StringValues: Sendable, Hashable {
  public private(set) var offsets: [Int]
  public private(set) var bytes: [UInt8]

  public init() {
    offsets = [0]
    bytes = []
  }

  /// Takes arrays that already keep the invariants; a break of them is a programming error.
  public init(offsets: [Int], bytes: [UInt8]) {
    precondition(
      offsets.first == 0 && offsets.last == bytes.count, "string offsets do not span the bytes")
    assert(zip(offsets, offsets.dropFirst()).allSatisfy { $0 <= $1 }, "string offsets decrease")
    self.offsets = offsets
    self.bytes = bytes
  }

  public init(_ strings: some Sequence<String>) {
    self.init()
    for string in strings { append(string.utf8) }
  }

  @inlinable public var count: Int { offsets.count - 1 }

  @inlinable public func range(at index: Int) -> Range<Int> {
    offsets[index]..<offsets[index + 1]
  }

  /// A copy-free slice of the bytes.
  @inlinable public subscript(index: Int) -> ArraySlice<UInt8> {
    bytes[offsets[index]..<offsets[index + 1]]
  }

  @inlinable public func length(at index: Int) -> Int {
    offsets[index + 1] - offsets[index]
  }

  public mutating func reserve(count: Int, bytes byteCount: Int) {
    offsets.reserveCapacity(count + 1)
    bytes.reserveCapacity(byteCount)
  }

  public mutating func append(_ string: some Collection<UInt8>) {
    bytes.append(contentsOf: string)
    offsets.append(bytes.count)
  }

  /// Appends all strings of another list.
  public mutating func append(contentsOf more: StringValues) {
    let base = bytes.count
    bytes += more.bytes
    for i in 1..<max(1, more.offsets.count) { offsets.append(base + more.offsets[i]) }
  }

  /// Strings at the positions, in their order.
  public func gather(_ positions: [Int32]) -> StringValues {
    guard let out = gather(positions, while: { true })
    else { preconditionFailure("a gather that was wanted to its end has none") }
    return out
  }

  /// The same, asking on the way whether it is still wanted; nil when it is not.
  func gather(_ positions: [Int32], while isWanted: () -> Bool) -> StringValues? {
    var out = StringValues()
    var total = 0
    for position in positions { total += length(at: Int(position)) }
    out.reserve(count: positions.count, bytes: total)
    // A string counts as its bytes and one more.
    var untilAsked = rowsBetweenQuestions
    for position in positions {
      let string = self[Int(position)]
      untilAsked -= 1 + string.count
      if untilAsked < 0 {
        guard isWanted() else { return nil }
        untilAsked = rowsBetweenQuestions * 8
      }
      out.append(string)
    }
    return out
  }

  public func slice(_ range: Range<Int>) -> StringValues {
    let base = offsets[range.lowerBound]
    let end = offsets[range.upperBound]
    return StringValues(
      offsets: offsets[range.lowerBound...range.upperBound].map { $0 - base },
      bytes: Array(bytes[base..<end]))
  }

  /// Bytewise order of two strings: -1, 0 or 1.
  public static func compare(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Int {
    let shared = min(left.count, right.count)
    var i = left.startIndex
    var j = right.startIndex
    for _ in 0..<shared {
      if left[i] != right[j] { return left[i] < right[j] ? -1 : 1 }
      i += 1
      j += 1
    }
    return left.count == right.count ? 0 : (left.count < right.count ? -1 : 1)
  }
}

/// The distinct strings that the codes of a low-cardinality column point to. Immutable and shared.
///
/// Two columns with the same dictionary object can be compared by code; otherwise codes mean nothing to
/// each other.
public final class StringDictionary: Sendable {
  public let values: StringValues
  /// True when strings ascend strictly bytewise, so that code order is text order.
  public let isSorted: Bool

  public init(_ values: StringValues) {
    self.values = values
    var sorted = true
    if values.count > 1 {
      for i in 1..<values.count where StringValues.compare(values[i - 1], values[i]) >= 0 {
        sorted = false
        break
      }
    }
    isSorted = sorted
  }

  public var count: Int { values.count }

  /// The code of a string, by binary search when sorted and by scan otherwise.
  public func code(of string: some Collection<UInt8>) -> UInt32? {
    let wanted = ArraySlice(string)
    guard isSorted else {
      for i in 0..<values.count where values[i].elementsEqual(wanted) { return UInt32(i) }
      return nil
    }
    var low = 0
    var high = values.count
    while low < high {
      let middle = (low + high) / 2
      switch StringValues.compare(values[middle], wanted) {
      case 0: return UInt32(middle)
      case -1: low = middle + 1
      default: high = middle
      }
    }
    return nil
  }
}
