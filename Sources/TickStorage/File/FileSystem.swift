/// The seam through which the storage room touches files, so that crashes and power cuts can be simulated.
///
/// Rules every implementation and every caller keep:
/// 1. Bytes are durable only after `sync` of their file returned, names only after `syncDirectory`.
/// 2. A failed `sync` is final: it is never repeated to make the error go away.
/// 3. `write` may be short; the caller cuts the file back before it appends again.
/// 4. Paths are relative to the data directory and use `/`.
public protocol FileSystem: Sendable {
  /// Creates a file that must not exist, for writing.
  func create(_ path: String) throws(StorageError) -> any WritableFile
  /// Opens an existing file for writing.
  func openForWriting(_ path: String) throws(StorageError) -> any WritableFile
  /// Opens a file for reading. Its length is fixed at this moment.
  func openForReading(_ path: String) throws(StorageError) -> any ReadableFile
  func rename(_ from: String, to: String) throws(StorageError)
  func remove(_ path: String) throws(StorageError)
  /// Creates a directory and its parents; one that exists is no error.
  func createDirectory(_ path: String) throws(StorageError)
  /// Names (not paths) of the entries of a directory, in ascending order; empty when it does not exist.
  func list(_ path: String) throws(StorageError) -> [String]
  func exists(_ path: String) throws(StorageError) -> Bool
  func syncDirectory(_ path: String) throws(StorageError)
}

/// A file open for writing. Confined to one thread at a time.
public protocol WritableFile: AnyObject, Sendable {
  /// Writes at an offset and returns how many bytes were taken, at least one unless `bytes` is empty.
  func write(_ bytes: ArraySlice<UInt8>, at offset: Int) throws(StorageError) -> Int
  /// `fdatasync`: data and the length needed to read it.
  func sync() throws(StorageError)
  func truncate(to length: Int) throws(StorageError)
  /// Reserves space so that later writes below `length` cannot run out of it, and fills it with zeros.
  func preallocate(to length: Int) throws(StorageError)
  var length: Int { get throws(StorageError) }
  func close() throws(StorageError)
}

/// The bytes of a file, mapped or read on demand. May be read from any thread.
///
/// A mapping can fault when the file is cut under it; implementations turn that into `.corrupt`.
public protocol ReadableFile: AnyObject, Sendable {
  var path: String { get }
  var length: Int { get }
  /// Lends `range` of the file to `body`. Throws `.corrupt` when the range is outside the file, or when the
  /// medium failed while `body` read.
  func withBytes<Result>(
    _ range: Range<Int>, _ body: (borrowing RawSpan) throws(StorageError) -> Result
  ) throws(StorageError) -> Result
}

extension WritableFile {
  /// Writes all bytes, continuing after short writes.
  public func writeAll(_ bytes: ArraySlice<UInt8>, at offset: Int) throws(StorageError) {
    var rest = bytes
    var position = offset
    while !rest.isEmpty {
      let taken = try write(rest, at: position)
      if PlantedBug.isOn(.shortWriteTakenForWhole) { return }
      rest = rest.dropFirst(taken)
      position += taken
    }
  }
}
