/// Rows that queries put aside: files in the directory's `tmp/`, removed with their query and at the next start.
import Synchronization
import TickColumns
import TickSQL
import TickStorage

/// Gives one query its files, up to a number of bytes.
struct SpillFiles: SpillStore {
  private let files: any FileSystem
  private let root: String
  private let budget: SpillBudget

  /// Numbers of files are unique in this process.
  private static let numbers = Atomic<Int>(0)

  /// `bytesMax` bounds all files of the query together; 0 for no bound.
  init(files: any FileSystem, root: String, bytesMax: Int) {
    self.files = files
    self.root = root
    budget = SpillBudget(bytesMax: bytesMax)
  }

  func makeFile() throws(SQLError) -> any SpillFile {
    let number = Self.numbers.add(1, ordering: .relaxed).newValue
    do throws(EngineError) {
      return TemporaryRows(
        try SpooledFile("spill-\(number).rows", in: files, root: root), budget)
    } catch {
      throw SQLError(error.code, error.message)
    }
  }
}

final class SpillBudget: Sendable {
  private let bytesMax: Int
  private let used = Atomic<Int>(0)

  init(bytesMax: Int) { self.bytesMax = bytesMax }

  func take(_ bytes: Int) throws(SQLError) {
    let total = used.add(bytes, ordering: .relaxed).newValue
    guard bytesMax == 0 || total <= bytesMax else {
      throw SQLError(
        .tooManyRowsOrBytes,
        "Limit for temporary files size exceeded: would use \(total) bytes, maximum: \(bytesMax) bytes (max_temporary_data_on_disk_size_for_query)"
      )
    }
  }

  func giveBack(_ bytes: Int) { used.subtract(bytes, ordering: .relaxed) }
}

/// `@unchecked Sendable`: the file is appended to by one thread at a time, and read when that is over.
private final class TemporaryRows: SpillFile, @unchecked Sendable {
  private let file: SpooledFile
  private let budget: SpillBudget

  init(_ file: SpooledFile, _ budget: SpillBudget) {
    self.file = file
    self.budget = budget
  }

  deinit { budget.giveBack(file.byteCount) }

  func append(_ bytes: [UInt8]) throws(SQLError) {
    try budget.take(bytes.count)
    do throws(EngineError) {
      try file.append(bytes)
    } catch {
      throw SQLError(error.code, error.message)
    }
  }

  func read(_ range: Range<Int>) throws(SQLError) -> [UInt8] {
    do throws(EngineError) {
      return try file.read(range)
    } catch {
      throw SQLError(error.code, error.message)
    }
  }
}
