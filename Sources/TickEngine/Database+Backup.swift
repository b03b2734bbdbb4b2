/// Copies of a database, and a database out of a copy, in words.
import Glibc
import TickStorage

/// What a copy holds, or what was made of it.
public struct CopyReport: Sendable, Hashable {
  /// Of the copy in its directory, counted from 1.
  public let number: UInt64
  /// One line about it.
  public let text: String
}

extension Database {
  /// Copies everything that is stored into a directory that holds copies of this database alone; what an earlier copy has
  /// is not copied again. Blocks; statements go on meanwhile.
  ///
  /// - Parameter keep: how many copies stay, this one among them; nil for all. At least 1.
  public func backup(to path: String, keep: Int? = nil) throws(EngineError) -> CopyReport {
    do throws(StorageError) {
      let files = try PosixFileSystem(root: path)
      guard !Self.isInside(path, root) else {
        throw .conflict("\(path) lies in the data directory; copies belong elsewhere")
      }
      let lock = try DirectoryLock(root: path, holder: Self.holderText())
      let report = try store.backup(to: files, keep: keep)
      withExtendedLifetime(lock) {}
      var text =
        "copy \(report.number): \(report.contents); "
        + "\(report.copiedSegments) segments, \(report.copiedBytes) bytes were new"
      if report.removedCopies > 0 {
        text +=
          "; \(report.removedCopies) older copies and \(report.removedSegments) segments removed"
      }
      return CopyReport(number: report.number, text: text)
    } catch {
      throw EngineError(error)
    }
  }

  /// Whether a directory is another one or lies in it. Both are there.
  private static func isInside(_ path: String, _ directory: String) -> Bool {
    func real(_ path: String) -> String? {
      guard let found = unsafe realpath(path, nil) else { return nil }
      defer { unsafe free(found) }
      return unsafe String(cString: found)
    }
    guard let inner = real(path), let outer = real(directory) else { return false }
    return inner == outer || inner.hasPrefix(outer + "/")
  }

  /// The same of a directory that nobody has open.
  public static func backup(
    _ directory: String, to path: String, keep: Int? = nil
  ) throws(EngineError) -> CopyReport {
    do throws(StorageError) {
      try requireThere(directory + "/CURRENT")
    } catch {
      throw EngineError(error)
    }
    var options = DatabaseOptions()
    options.mergesInBackground = false
    let database = try open(at: directory, options: options)
    defer { database.close() }
    return try database.backup(to: path, keep: keep)
  }

  /// The copies in a directory, oldest first.
  public static func copies(in path: String) throws(EngineError) -> [CopyReport] {
    do throws(StorageError) {
      try requireThere(path)
      return try Store.backups(in: PosixFileSystem(root: path)).map {
        CopyReport(number: $0.number, text: "copy \($0.number): \($0.contents)")
      }
    } catch {
      throw EngineError(error)
    }
  }

  /// Makes a new database at a path out of a copy, the newest when none is named. Every byte is verified on the way.
  public static func restore(
    from path: String, number: UInt64? = nil, to target: String
  ) throws(EngineError) -> CopyReport {
    var generator = SystemRandomNumberGenerator()
    do throws(StorageError) {
      try requireThere(path)
      let source = try PosixFileSystem(root: path)
      // Before a directory is made for nothing.
      try Store.requireBackup(number, in: source)
      let files = try PosixFileSystem(root: target)
      // Before a lock file is left in what is somebody's.
      guard try files.list("").allSatisfy({ $0 == "LOCK" }) else {
        throw .conflict(
          "\(target) is not empty; a copy is restored into a new or an empty directory")
      }
      let lock = try DirectoryLock(root: target, holder: holderText())
      let report = try Store.restore(
        from: source, number: number, to: files, identity: generator.next())
      withExtendedLifetime(lock) {}
      return CopyReport(
        number: report.number, text: "copy \(report.number) restored: \(report.contents)")
    } catch {
      throw EngineError(error)
    }
  }
}

/// A directory that is only read is not made.
private func requireThere(_ path: String) throws(StorageError) {
  guard unsafe access(path, R_OK) == 0 else {
    throw .io(operation: "open", path: path, errno: errno)
  }
}

extension BackupReport {
  fileprivate var contents: String {
    "\(tables) tables, \(segments) segments, \(rows) rows, \(bytes) bytes"
  }
}
