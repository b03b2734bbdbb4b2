/// Regular expressions of queries: RE2, which takes time in proportion to the text whatever the pattern says.
///
/// Invariants:
/// 1. An object holds a pattern that compiled, and gives it back once.
/// 2. A pattern takes at most about `memoryBytesMax`, and a search for its groups what CRE2 allows; one that would need
///    more does not compile.
import CRE2
import TickColumns

/// May be used from any thread: RE2 never changes a compiled pattern, and locks what it caches.
@safe final class RegularExpression: @unchecked Sendable {
  struct Options: OptionSet, Sendable {
    let rawValue: UInt32
    static let ignoresCase = Options(rawValue: UInt32(CRE2_IGNORE_CASE))
    /// `.` matches a line break.
    static let dotTakesLineBreaks = Options(rawValue: UInt32(CRE2_DOT_NEWLINE))
    /// `^` and `$` match at line breaks.
    static let lines = Options(rawValue: UInt32(CRE2_LINES))
  }

  /// Why a text is no pattern, in RE2's words.
  struct Invalid: Error {
    let reason: String
  }

  /// Memory of one pattern: RE2's own default. `((a{100}){100}){100}` stays outside.
  private static let memoryBytesMax: Int64 = 8 << 20

  /// Memory of all patterns of one list.
  private static let sharedMemoryBytesMax: Int64 = 256 << 20

  private let pattern: OpaquePointer
  /// Groups in round brackets.
  let groupCount: Int

  /// - Parameter users: how many patterns are searched with at once, which share some memory.
  init(_ text: ArraySlice<UInt8>, _ options: Options, of users: Int = 1) throws(Invalid) {
    let memory = min(Self.memoryBytesMax, Self.sharedMemoryBytesMax / Int64(max(1, users)))
    // As in ClickHouse, a pattern that is not UTF-8 means bytes.
    let unit = CodePoints.isWellFormed(text) ? 0 : UInt32(CRE2_BYTES)
    var message = [CChar](repeating: 0, count: 1_000)
    let compiled = unsafe text.withUnsafeBufferPointer { text in
      unsafe message.withUnsafeMutableBufferPointer { message in
        unsafe cre2_compile(
          text.baseAddress, text.count, options.rawValue | unit, memory,
          message.baseAddress, message.count)
      }
    }
    guard let compiled = unsafe compiled else {
      let bytes = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw Invalid(reason: String(decoding: bytes, as: UTF8.self))
    }
    unsafe pattern = compiled
    groupCount = unsafe Int(cre2_group_count(compiled))
  }

  deinit { unsafe cre2_release(pattern) }

  /// Whether the pattern matches somewhere.
  func matches(_ text: ArraySlice<UInt8>) throws(SQLError) -> Bool {
    var none = RegexMatch(groups: 0)
    return try find(in: text, from: 0, &none)
  }

  /// Finds the first match at or behind a place of the text; what lies before still counts for `^` and `\b`.
  func find(
    in text: ArraySlice<UInt8>, from start: Int, _ match: inout RegexMatch
  ) throws(SQLError) -> Bool {
    precondition(start >= 0 && start <= text.count, "a search from outside the text")
    precondition(match.ranges.count <= groupCount + 1, "more groups than the pattern has")
    let answer = unsafe text.withUnsafeBufferPointer { text in
      unsafe match.ranges.withUnsafeMutableBufferPointer { ranges in
        unsafe cre2_search(
          pattern, text.baseAddress, text.count, start, ranges.baseAddress, Int32(ranges.count))
      }
    }
    guard answer >= 0 else { throw Self.outOfMemory }
    return answer > 0
  }

  /// 1 for each string that the pattern matches somewhere, otherwise 0.
  func marks(of strings: StringValues) throws(SQLError) -> [UInt8] {
    var out = [UInt8](repeating: 0, count: strings.count)
    let answer = unsafe strings.bytes.withUnsafeBufferPointer { bytes in
      unsafe strings.offsets.withUnsafeBufferPointer { offsets in
        unsafe out.withUnsafeMutableBufferPointer { out in
          unsafe cre2_match_rows(
            pattern, bytes.baseAddress, offsets.baseAddress, out.count, out.baseAddress)
        }
      }
    }
    guard answer >= 0 else { throw Self.outOfMemory }
    return out
  }

  private static let outOfMemory = SQLError(
    .memoryLimitExceeded, "Not enough memory to search with a regular expression")
}

/// What a search found, as offsets from the beginning of the text.
struct RegexMatch {
  fileprivate var ranges: [cre2_range]

  /// Room for the whole match and, behind it, the first groups; 0 where only the fact matters.
  init(groups count: Int) {
    ranges = Array(repeating: cre2_range(start: -1, end: -1), count: count)
  }

  /// The whole match at 0, then the groups; nil where a group took no part.
  subscript(i: Int) -> Range<Int>? {
    ranges[i].start < 0 ? nil : ranges[i].start..<ranges[i].end
  }
}
