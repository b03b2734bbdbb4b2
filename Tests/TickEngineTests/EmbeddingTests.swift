/// The engine inside another program: what it gives, and what it leaves alone.
import Dispatch
import Foundation
import Glibc
import TestSupport
import TickColumns
import Testing

@testable import TickEngine

@Suite struct EmbeddingTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  @Test("rows come as values and as text, with their columns, however many there are")
  func rows() throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    let none = try database.query("CREATE TABLE t (a Int32, b Nullable(String)) ORDER BY a")
    #expect(none.rowCount == 0 && none.columns.isEmpty)
    let written = try database.query("INSERT INTO t VALUES (1, 'x'), (2, NULL)")
    #expect(written.summary.writtenRows == 2)
    let rows = try database.query("SELECT a, b, [a, 7] AS l FROM t ORDER BY a FORMAT CSV")
    #expect(rows.columns.map(\.name) == ["a", "b", "l"] && rows.rowCount == 2)
    #expect(rows.columns.map(\.type) == [.int32, .nullable(.string), .array(.int32)])
    #expect(rows[0, 0] == .int(1) && rows[0, 1] == .text("x") && rows[1, 1] == .null)
    #expect(rows.text(1, 2) == "[2,7]")
    let empty = try database.query("SELECT a FROM t WHERE a = {a:Int32}", parameters: ["a": "9"])
    #expect(empty.columns.map(\.name) == ["a"] && empty.rowCount == 0)
    let many = try database.query("SELECT number FROM numbers(200000)")
    #expect(many.rowCount == 200_000 && many[199_999, 0] == .uint(199_999))
    #expect(try database.query("DESCRIBE TABLE t").text(0, 1) == "Int32")
    do throws(EngineError) {
      _ = try database.query("SELECT nope")
      Issue.record("nope is known")
    } catch {
      #expect(error.code == .unknownIdentifier)
    }
  }

  @Test("a session keeps what SET and USE change, and only for those who bring it")
  func sessions() throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    let session = Session()
    _ = try database.query("USE system", session: session)
    #expect(try database.query("SELECT currentDatabase()", session: session).text(0, 0) == "system")
    #expect(try database.query("SELECT currentDatabase()").text(0, 0) == "default")
  }

  @Test("two databases in one process share nothing, and one goes on when the other is closed")
  func twoDatabases() throws {
    let scratches = [Scratch(), Scratch()]
    let databases = try scratches.map { try Database.open(at: $0.path) }
    for (number, database) in databases.enumerated() {
      _ = try database.query("CREATE TABLE t (a UInt64) ORDER BY a")
      _ = try database.query("INSERT INTO t SELECT number + \(number) FROM numbers(100000)")
    }
    let sums = [4_999_950_000, 5_000_050_000]
    DispatchQueue.concurrentPerform(iterations: 8) { turn in
      let number = turn % 2
      let rows = try? databases[number].query("SELECT sum(a) FROM t")
      #expect(rows?.text(0, 0) == String(sums[number]))
    }
    databases[0].close()
    #expect(try databases[1].query("SELECT sum(a) FROM t").text(0, 0) == String(sums[1]))
    databases[1].close()
  }

  @Test("opening, asking and closing change no handler of a signal and write nothing")
  func leavesTheProcessAlone() throws {
    let numbers = [SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ, SIGCHLD, SIGUSR1]
    func handlers() -> [UInt] {
      numbers.map { number in
        var action = sigaction()
        sigaction(number, nil, &action)
        let handler = unsafeBitCast(action.__sigaction_handler.sa_handler, to: UInt.self)
        // `system` of a test beside this one ignores SIGINT for a while; a handler is neither 0 nor 1.
        return number == SIGINT && handler <= 1 ? 0 : handler
      }
    }
    let before = handlers()
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path)
    _ = try database.query("SELECT count() FROM trades")
    database.close()
    #expect(handlers() == before)
  }

  @Test("the example runs, and prints what its source says")
  func example() throws {
    var path = [CChar](repeating: 0, count: 4_096)
    let count = readlink("/proc/self/exe", &path, path.count)
    let own = URL(
      filePath: String(
        decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self))
    let scratch = Scratch()
    let sample = Self.root.appending(path: "tools/sample/BTCUSDT-trades-2024-08-08.csv.gz").path
    let example = Process()
    example.executableURL = own.deletingLastPathComponent().appending(path: "EmbedExample")
    example.arguments = [scratch.path + "/ticks", sample]
    let output = Pipe()
    let errors = Pipe()
    example.standardOutput = output
    example.standardError = errors
    try example.run()
    let printed = output.fileHandleForReading.readDataToEndOfFile()
    let complaints = errors.fileHandleForReading.readDataToEndOfFile()
    example.waitUntilExit()
    #expect(example.terminationStatus == 0)
    #expect(
      String(decoding: printed, as: UTF8.self) == """
        9738 rows imported
        2024-08-08 23:54:00.000000000 61828 12.43238
        2024-08-08 23:55:00.000000000 61782.25 15.07702
        2024-08-08 23:56:00.000000000 61727.66 15.49778

        """)
    #expect(complaints.isEmpty)
  }
}
