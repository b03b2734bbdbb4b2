/// A file in the directory's `tmp/` that lives as long as this object: what is left by a crash goes at the next start.
///
/// Nothing of it is synced, since nothing of it is kept.
import TickStorage

final class SpooledFile {
  /// Where it is, for whoever reads it.
  let path: String
  private let name: String
  private let files: any FileSystem
  private let file: any WritableFile
  /// What was there when it was last read.
  private var reader: (any ReadableFile)?
  private(set) var byteCount = 0

  /// - Parameter name: unique among those of this process.
  init(_ name: String, in files: any FileSystem, root: String) throws(EngineError) {
    self.name = "tmp/" + name
    self.files = files
    path = root + "/" + self.name
    do throws(StorageError) {
      file = try files.create(self.name)
    } catch {
      throw EngineError(error)
    }
  }

  deinit {
    // What cannot be removed now is removed at the next start.
    do { try file.close() } catch {}
    do { try files.remove(name) } catch {}
  }

  func append(_ bytes: [UInt8]) throws(EngineError) {
    do throws(StorageError) {
      try file.writeAll(bytes[...], at: byteCount)
    } catch {
      throw EngineError(error)
    }
    byteCount += bytes.count
  }

  /// Some of what was appended.
  func read(_ range: Range<Int>) throws(EngineError) -> [UInt8] {
    do throws(StorageError) {
      let reader = try reading(to: range.upperBound)
      return try reader.withBytes(range) { bytes in
        unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) }
      }
    } catch {
      throw EngineError(error)
    }
  }

  private func reading(to end: Int) throws(StorageError) -> any ReadableFile {
    if let reader, reader.length >= end { return reader }
    let opened = try files.openForReading(name)
    reader = opened
    return opened
  }
}
