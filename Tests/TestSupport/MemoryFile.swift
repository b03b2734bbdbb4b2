import Synchronization
import TickStorage

/// A file in memory, for tests of what is written rather than of how it survives.
public final class MemoryFile: WritableFile, ReadableFile {
  public let path: String
  private let state: Mutex<[UInt8]>
  /// The most bytes one write takes, to exercise short writes.
  private let writeBytesMax: Int

  public init(_ bytes: [UInt8] = [], path: String = "memory", writeBytesMax: Int = .max) {
    self.path = path
    self.writeBytesMax = writeBytesMax
    state = Mutex(bytes)
  }

  public var bytes: [UInt8] { state.withLock { $0 } }

  public func write(_ bytes: ArraySlice<UInt8>, at offset: Int) throws(StorageError) -> Int {
    let taken = bytes.prefix(writeBytesMax)
    state.withLock { content in
      if content.count < offset + taken.count {
        content += [UInt8](repeating: 0, count: offset + taken.count - content.count)
      }
      content.replaceSubrange(offset..<offset + taken.count, with: taken)
    }
    return taken.count
  }

  public func sync() throws(StorageError) {}

  public func truncate(to length: Int) throws(StorageError) {
    state.withLock { $0.removeLast(max(0, $0.count - length)) }
  }

  public func preallocate(to length: Int) throws(StorageError) {
    state.withLock { $0 += [UInt8](repeating: 0, count: max(0, length - $0.count)) }
  }

  public var length: Int { state.withLock { $0.count } }

  public func close() throws(StorageError) {}

  public func withBytes<Result>(
    _ range: Range<Int>, _ body: (borrowing RawSpan) throws(StorageError) -> Result
  ) throws(StorageError) -> Result {
    let content = bytes
    guard range.lowerBound >= 0, range.upperBound <= content.count else {
      throw .corrupt(path: path, offset: range.lowerBound, detail: "outside the file")
    }
    return try body(content.span.bytes.extracting(range))
  }
}
