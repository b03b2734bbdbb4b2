/// Verifying a directory offline, in words.
import Glibc
import TickStorage

extension Database {
  /// Verifies every checksum and reference of a directory and tells each finding in a line; true when all is
  /// sound. Changes nothing. Throws when another process has the directory open, or there is none.
  public static func check(
    _ path: String, report: (String) -> Void
  ) throws(EngineError) -> Bool {
    do throws(StorageError) {
      guard unsafe access(path + "/CURRENT", R_OK) == 0 else {
        throw .io(operation: "open", path: path + "/CURRENT", errno: errno)
      }
      let files = try PosixFileSystem(root: path)
      let lock = try DirectoryLock(root: path, holder: holderText(), onlyReads: true)
      let found = Store.check(files: files)
      withExtendedLifetime(lock) {}
      for damage in found.damages { report("damaged: \(damage.sentence)") }
      for note in found.notes { report("note: \(note.path): \(note.sentence)") }
      report(
        "\(found.tables) tables, \(found.segments) segments, \(found.rows) rows, "
          + "\(found.segmentBytes) bytes, \(found.manifestRecords) manifest records"
          + (found.detachedRows > 0 ? ", \(found.detachedRows) rows detached" : ""))
      return found.isSound
    } catch {
      throw EngineError(error)
    }
  }
}
