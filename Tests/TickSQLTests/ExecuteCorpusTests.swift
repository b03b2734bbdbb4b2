import TestSupport
import TickColumns
import TickFormats
import Testing

@testable import TickSQL

/// The corpus files that change nothing, each SELECT run on this room alone.
@Suite struct ExecuteCorpusTests {
  private func answer(_ test: CorpusCase) -> CorpusAnswer? {
    do {
      guard case .select(let select) = try Parser.parse(test.sql) else { return nil }
      if !select.settings.isEmpty { return nil }
      let execution = try Binder.bind(select, testContext()).execute()
      var out: [UInt8] = []
      let format = try OutputFormat(
        named: select.format?.name ?? "JSONCompactEachRowWithNamesAndTypes")
      var encoder = format.makeEncoder(
        schema: execution.schema, options: OutputOptions(writesStatistics: false))
      encoder.begin(into: &out)
      while let batch = try execution.next() { encoder.write(batch, into: &out) }
      let figures = execution.statistics
      encoder.finish(
        ResultStatistics(rows: figures.resultRows, rowsBeforeLimit: figures.rowsBeforeLimit),
        into: &out)
      return CorpusAnswer(of: test.sql, output: String(decoding: out, as: UTF8.self))
    } catch let error as SQLError {
      return .error(error.code.rawValue)
    } catch let error as FormatError {
      return .error(error.code.rawValue)
    } catch {
      return .error(-1)
    }
  }

  /// Tables and settings that only an engine has.
  private func asksTheEngine(_ sql: String) -> Bool {
    [
      "system.tables", "system.columns", "system.databases", "system.parts", "trades",
      "hasColumnInTable", "getSetting", "FORMAT", "SETTINGS", "settings ",
    ]
    .contains { sql.contains($0) }
  }

  @Test func selectsOfTheCorpusAnswerAsWritten() throws {
    var wrong: [String] = []
    var count = 0
    for file in try CorpusFile.all() where !file.needsWrites {
      for test in file.cases where !asksTheEngine(test.sql) {
        guard let given = answer(test) else { continue }
        count += 1
        if !test.accepts(given) {
          wrong.append(
            "\(file.name):\(test.line) \(test.sql)\n  want \(test.answer)\n  got  \(given)")
        }
      }
    }
    #expect(count > 300)
    #expect(wrong.isEmpty, "\(wrong.count) of \(count) differ:\n\(wrong.joined(separator: "\n"))")
  }
}
