import Glibc
import TestSupport
import Testing
import TickColumns

@testable import TickStorage

/// A directory of its own, removed at the end.
final class TemporaryDirectory {
  let path: String

  init() throws {
    var template = Array("/tmp/tickbase-test-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.map { mkdtemp($0) != nil } ?? false
    }
    guard made else { throw StorageError.io(operation: "mkdtemp", path: "/tmp", errno: errno) }
    path = String(
      decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { Self.remove(path) }

  private static func remove(_ path: String) {
    if let directory = opendir(path) {
      while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != ".", name != ".." { remove(path + "/" + name) }
      }
      closedir(directory)
    }
    Glibc.remove(path)
  }
}

@Suite("The real file system")
struct FileTests {
  @Test("creates, writes, cuts, renames, lists and removes below its root")
  func lifeOfAFile() throws {
    let directory = try TemporaryDirectory()
    let files = try PosixFileSystem(root: directory.path + "/a/b/")
    try files.createDirectory("x/y")
    try files.createDirectory("x/y")
    let file = try files.create("x/y/f")
    #expect(throws: StorageError.self) { try files.create("x/y/f") }
    try file.writeAll(Array("hello world".utf8)[...], at: 0)
    try file.writeAll(Array("W".utf8)[...], at: 6)
    try file.truncate(to: 8)
    try file.preallocate(to: 20)
    #expect(try file.length == 20)
    try file.sync()
    try file.close()
    try files.rename("x/y/f", to: "x/g")
    try files.syncDirectory("x")
    try files.syncDirectory("")
    #expect(try files.list("x") == ["g", "y"])
    #expect(try files.list("nowhere") == [])
    #expect(try files.exists("x/g"))
    #expect(try !files.exists("x/y/f"))
    let reader = try files.openForReading("x/g")
    #expect(reader.length == 20)
    #expect(try read(reader, 0..<9) == Array("hello Wo".utf8) + [0])
    #expect(throws: StorageError.self) { try read(reader, 10..<21) }
    try files.remove("x/g")
    try files.remove("x/y")
    #expect(try files.list("x").isEmpty)
    #expect(throws: StorageError.io(operation: "open", path: "x/g", errno: ENOENT)) {
      try files.openForReading("x/g")
    }
  }

  @Test("a store survives being closed and opened on real files")
  func storeOnRealFiles() throws {
    let directory = try TemporaryDirectory()
    let files = try PosixFileSystem(root: directory.path)
    var options = StoreOptions(identity: 3)
    options.logFileBytes = 1 << 16
    let store = try Store.open(files: files, options: options)
    try store.publish(
      ManifestEdit([.createDatabase("market"), .createTable(tableDefinition(1))]))
    let descriptor = try store.writeSegment(
      SampleRows.input(tableDefinition(1), [1, 2, 3]), table: 1)
    let entry = SegmentEntry(partition: "", descriptor: descriptor, sequenceBase: 0)
    try store.publish(ManifestEdit([.addSegments(1, [entry])], newSequences: 3))
    try store.commit(Transaction([SampleRows.part(tableDefinition(1), [4, 5])]))
    store.close()
    let again = try Store.open(files: files, options: StoreOptions(identity: 4))
    #expect(again.snapshot().table(1)?.rowCount == 5)
    #expect(again.snapshot().table(database: "market", name: "trades")?.segments.count == 1)
    #expect(Store.check(files: files).isSound)
  }

  @Test("the second owner of a directory is told who holds it, and gets it after the first is gone")
  func directoryLock() throws {
    let directory = try TemporaryDirectory()
    var first: DirectoryLock? = try DirectoryLock(root: directory.path, holder: "pid 1 since now")
    #expect(throws: StorageError.locked(path: directory.path, holder: "pid 1 since now")) {
      try DirectoryLock(root: directory.path, holder: "pid 2")
    }
    first = nil
    let second = try DirectoryLock(root: directory.path, holder: "pid 2")
    _ = (first, second)
  }

  @Test("a lock dies with its process, even one that was killed")
  func lockOfAKilledProcess() async throws {
    let directory = try TemporaryDirectory()
    // flock(1) holds the same lock that a killed server would have held.
    var pid: pid_t = 0
    let arguments = ["flock", "--no-fork", directory.path + "/LOCK", "sleep", "60"]
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    try #require(posix_spawnp(&pid, "flock", nil, nil, &pointers, environ) == 0)
    var isHeld = false
    for _ in 0..<500 where !isHeld {
      usleep(10_000)
      do {
        _ = try DirectoryLock(root: directory.path, holder: "probe")
      } catch {
        isHeld = true
      }
    }
    #expect(isHeld)
    kill(pid, SIGKILL)
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    _ = try DirectoryLock(root: directory.path, holder: "after the kill")
  }

  @Test("a mapped file that is cut under its reader is damage, not the end of the process")
  func guardedMapping() throws {
    try SIGBUSGuard.install()
    try SIGBUSGuard.install()
    #expect(SIGBUSGuard.isInstalled)
    let directory = try TemporaryDirectory()
    let files = try PosixFileSystem(root: directory.path)
    let file = try files.create("f")
    try file.writeAll(Array(repeating: 9, count: 40_000)[...], at: 0)
    let reader = try files.openForReading("f")
    #expect(reader is MappedFile)
    #expect(try read(reader, 30_000..<30_002) == [9, 9])
    try file.truncate(to: 100)
    #expect {
      try read(reader, 20_000..<30_000)
    } throws: {
      guard case .corrupt("f", 20_000, let detail)? = $0 as? StorageError else { return false }
      return detail.contains("cut")
    }
    // The mapping stays refused: it shows zeros now.
    #expect(throws: StorageError.self) { try read(reader, 0..<10) }
    #expect(try read(files.openForReading("f"), 0..<2) == [9, 9])
  }

  @Test("an empty file can be read")
  func emptyFile() throws {
    let directory = try TemporaryDirectory()
    let files = try PosixFileSystem(root: directory.path)
    _ = try files.create("f")
    #expect(try read(files.openForReading("f"), 0..<0) == [])
  }

  private func read(_ file: any ReadableFile, _ range: Range<Int>) throws -> [UInt8] {
    try file.withBytes(range) { (span) throws(StorageError) in
      (0..<span.byteCount).map { span.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
    }
  }
}

@Suite("Checksums of records")
struct ChecksumTests {
  @Test("CRC-32C gives the published check value and continues")
  func checkValue() {
    let digits = Array("123456789".utf8)
    #expect(crc32c(digits[...]) == 0xE306_9283)
    #expect(crc32c(digits[4...], continuing: crc32c(digits[..<4])) == 0xE306_9283)
    #expect(crc32c([][...]) == 0)
  }
}
