/// A file mapped read-only under the SIGBUS guard.
///
/// 1. A mapping exists only while the guard watches it.
/// 2. After a page could not be read, every use of the mapping throws `.corrupt`: the page reads as zeros
///    from then on, and zeros must never be taken for data.
/// 3. The mapping ends with the object, and nobody lends bytes past the call that lends them.
internal import CTickKernels
import Glibc

@safe final class MappedFile: ReadableFile {
  let path: String
  let length: Int
  private nonisolated(unsafe) let start: UnsafeMutableRawPointer
  private let slot: Int32

  /// Nil when the file cannot be mapped or no guard slot is free; the caller reads it with `pread` then.
  init?(path: String, descriptor: Int32, length: Int) {
    guard
      let start = unsafe mmap(nil, length, PROT_READ, MAP_SHARED, descriptor, 0),
      unsafe start != MAP_FAILED
    else { return nil }
    let slot = unsafe tick_guard_watch(start, length)
    guard slot >= 0 else {
      unsafe munmap(start, length)
      return nil
    }
    self.path = path
    self.length = length
    unsafe self.start = unsafe start
    self.slot = slot
  }

  deinit {
    unsafe munmap(start, length)
    tick_guard_forget(slot)
  }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (borrowing RawSpan) throws(StorageError) -> Result
  ) throws(StorageError) -> Result {
    try checkRange(range, of: length, in: path)
    try checkMedium(range)
    let span = unsafe RawSpan(
      _unsafeStart: start + range.lowerBound, byteCount: range.count)
    let result: Result
    do {
      result = try body(span)
    } catch {
      // Zeros in place of a lost page fail checks in many ways; the medium is the true reason.
      try checkMedium(range)
      throw error
    }
    try checkMedium(range)
    return result
  }

  private func checkMedium(_ range: Range<Int>) throws(StorageError) {
    guard tick_guard_is_damaged(slot) == 0 else {
      throw .corrupt(
        path: path, offset: range.lowerBound,
        detail: "the medium failed or the file was cut while it was mapped")
    }
  }
}
