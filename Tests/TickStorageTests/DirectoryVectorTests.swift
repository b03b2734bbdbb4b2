import Foundation
import TestSupport
import TickColumns
import TickFormats
import Testing

@testable import TickStorage

/// Data directories that another writer made from manifest.md and log.md, and one of ours for the reader in Python.
@Suite("Data directories by another hand")
struct DirectoryVectorTests {
  private static let home = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "storage-format/vectors/directories")

  static let names: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: home.path())) ?? [])
    .filter { !$0.contains(".") }.sorted()

  @Test("the vectors are there")
  func present() {
    #expect(Self.names.count >= 35)
  }

  @Test("a directory says what its page says, or is refused for the right reason", arguments: names)
  func reads(name: String) throws {
    let copy = try TemporaryDirectory()
    let target = URL(filePath: copy.path).appending(path: "data")
    try FileManager.default.copyItem(at: Self.home.appending(path: name), to: target)
    let files = try PosixFileSystem(root: target.path())
    var options = StoreOptions(identity: 1)
    options.hasThreads = false
    options.logFileBytes = 1 << 15
    let text = Self.home.appending(path: name + ".txt")
    guard let expected = try? String(contentsOf: text, encoding: .utf8) else {
      let lines = try String(
        contentsOf: Self.home.appending(path: name + ".error"), encoding: .utf8
      ).split(separator: "\n", omittingEmptySubsequences: false)
      do throws(StorageError) {
        _ = try Store.open(files: files, options: options)
        Issue.record("\(name) was opened")
      } catch {
        switch error {
        case .corrupt: #expect(lines[0] == "corrupt")
        case .unsupportedFormat: #expect(lines[0] == "unsupported")
        default: Issue.record("\(name): \(error)")
        }
        #expect(lines[1].isEmpty || error.sentence.contains(lines[1]), "\(error.sentence)")
      }
      #expect(Store.check(files: files).damages.count == 1)
      return
    }
    #expect(try describe(Store.open(files: files, options: options)) == expected)
    // A second opening finds the same, and the store takes rows.
    let store = try Store.open(files: files, options: options)
    #expect(try describe(store) == expected)
    for table in store.snapshot().tables
    where table.definition.engine == "MergeTree"
      && table.definition.storedFields.map(\.type) == [.int64]
    {
      let column = Column(.int64, .int64([1, 2]))
      try store.commit(
        Transaction([
          TransactionPart(
            definition: table.definition, partition: "new",
            columns: Batch([column], rowCount: 2), key: [])
        ]))
    }
    let before = store.snapshot().tables.map(\.rowCount)
    let again = try Store.open(files: files, options: options)
    #expect(again.snapshot().tables.map(\.rowCount) == before)
  }

  /// A directory of ours with its text: `tools/check_directories.py` compares them. Without a place to write to it
  /// is made and described all the same.
  @Test("a directory of ours is written for the other reader")
  func writes() throws {
    let temporary = try TemporaryDirectory()
    let out = ProcessInfo.processInfo.environment["TICKBASE_VECTORS_OUT"].map {
      $0 + "/directories"
    }
    let root = (out ?? temporary.path) + "/written"
    if FileManager.default.fileExists(atPath: root) {
      try FileManager.default.removeItem(atPath: root)
    }
    let files = try PosixFileSystem(root: root)
    var options = StoreOptions(identity: 0xFEED)
    options.hasThreads = false
    options.logFileBytes = 1 << 15
    options.manifestRewriteBytes = 2_000
    var store = try Store.open(files: files, options: options)
    var definitions = [tableDefinition(1)]
    try store.publish(
      ManifestEdit([.createDatabase("market"), .createTable(definitions[0])]))
    for round in 0..<12 {
      let numbers = Array(round * 10..<round * 10 + 7)
      try store.commit(
        Transaction([
          SampleRows.part(definitions[0], numbers, partition: "a\(round % 2)"),
          SampleRows.part(
            definitions[round % definitions.count], [900 + round], partition: "ü", offsets: [7]),
        ]))
      switch round {
      case 2:
        let next = tableDefinition(2, "quotes")
        definitions.append(next)
        try store.publish(ManifestEdit([.createTable(next)]))
      case 4: try store.flush([1])
      case 6: store = try Store.open(files: files, options: options)
      case 7: try store.publish(ManifestEdit([.importIdentity(1, ImportIdentity(high: 1, low: 9))]))
      case 8: try store.publish(ManifestEdit([.truncateTable(2)]))
      case 9:
        try store.publish(
          ManifestEdit([
            .renameTables([
              TableRename(1, database: "market", name: "quotes"),
              TableRename(2, database: "market", name: "trades"),
            ])
          ]))
      case 10:
        var changed = try #require(store.snapshot().table(1)).definition
        changed.comment = "changed"
        changed.fields[2].name = "remark"
        changed.fields.append(
          TableField(id: 4, name: "more", type: .int64, origin: FieldOrigin(.value, "1 + 1")))
        changed.fields.append(
          TableField(id: 5, name: "seen", type: .string, origin: FieldOrigin(.alias, "remark")))
        changed.nextFieldID = 6
        try store.publish(ManifestEdit([.redefineTable(changed)]))
        definitions[0] = changed
      default: break
      }
    }
    let text = try describe(store)
    #expect(text.split(separator: "\n").count > 50)
    if out != nil {
      try text.write(toFile: root + ".txt", atomically: true, encoding: .utf8)
    }
  }

  /// What `ticklog.py` prints.
  private func describe(_ store: Store) throws -> String {
    try store.core.writer.withLock { writer in
      let state = writer.manifestContents.state
      var out: [String] = [
        "manifest \(writer.manifestContents.generation) lsn \(state.lsn) log \(state.logLSN)",
        "next sequence \(state.nextSequence) table \(state.nextTableID) file \(state.nextFileID)",
      ]
      for name in state.databases.sorted() { out.append("database \(quoted(Array(name.utf8)))") }
      for (id, table) in state.tables.sorted(by: { $0.key < $1.key }) {
        out += describe(id, table, writer.memory[id])
      }
      return out.joined(separator: "\n") + "\n"
    } + rows(store)
  }

  private func describe(_ mark: InsertMark) -> String {
    switch mark {
    case .token(let token): "token \(hexadecimal(token.high))\(hexadecimal(token.low))"
    case .producer(let name, let sequence): "producer \(quoted(Array(name.utf8))) \(sequence)"
    }
  }

  private func describe(_ id: TableID, _ table: TableState, _ memory: TableMemory?) -> [String] {
    func word(_ text: String) -> String { quoted(Array(text.utf8)) }
    let definition = table.definition
    var out = [
      "table \(id) \(word(definition.database)) \(word(definition.name)) flushed "
        + "\(table.flushedTo) truncated \(table.truncatedAt)"
    ]
    if definition.engine != "MergeTree" { out.append("engine \(word(definition.engine))") }
    if !definition.comment.isEmpty { out.append("comment \(word(definition.comment))") }
    if let query = definition.query { out.append("query \(word(query))") }
    for field in definition.fields {
      var line = "field \(field.id) \(word(field.name)) \(word(field.type.description))"
      if let codec = field.codec { line += " " + word(codec) }
      if let origin = field.origin {
        let names = ["DEFAULT", "MATERIALIZED", "ALIAS", "EPHEMERAL"]
        line += " \(names[Int(origin.kind.rawValue) - 1]) \(word(origin.expression))"
      }
      if !field.comment.isEmpty { line += " comment \(word(field.comment))" }
      out.append(line)
    }
    out += definition.orderBy.map { "order \(word($0))" }
    if let candles = definition.candles {
      let side = candles.side.map { "\($0)" } ?? "-"
      let identifier = candles.identifier.map { "\($0)" } ?? "-"
      out.append(
        "candles \(candles.time) \(candles.price) \(candles.quantity) \(side) \(candles.buy) \(identifier)"
      )
    }
    if definition.deduplicateKeep != .first { out.append("keep \(definition.deduplicateKeep)") }
    if let partition = definition.partitionBy { out.append("partition \(word(partition))") }
    if definition.ttl != nil || definition.ttlOnlyDropsParts {
      let parts = definition.ttlOnlyDropsParts ? " parts" : ""
      out.append("ttl \(definition.ttl.map(word) ?? "-")\(parts)")
    }
    for identity in table.imports.sorted() {
      out.append("import \(hexadecimal(identity.high))\(hexadecimal(identity.low))")
    }
    out += table.marks.all.map(describe)
    out += (memory?.marks.all ?? []).map { "logged " + describe($0) }
    for (position, entry) in table.files.enumerated() {
      let word = position < table.segments.count ? "segment" : "detached"
      let live = entry.liveRows.ranges.map { "\($0.lowerBound)-\($0.upperBound)" }
      out.append(
        "\(word) \(entry.fileID) \(spanText(entry.partition)) bytes \(entry.descriptor.byteCount) base "
          + "\(entry.sequenceBase) level \(entry.level) live " + live.joined(separator: " "))
    }
    return out
  }

  private func rows(_ store: Store) throws -> String {
    var out = ""
    for table in store.snapshot().tables {
      var rows: [(UInt64, String)] = []
      for batch in table.memtables.flatMap(\.batches) {
        for row in 0..<batch.rowCount {
          let values = table.definition.storedFields.map { field in
            batch.column(of: field).map { rawCell($0, row) } ?? "-"
          }.joined(separator: ",")
          rows.append(
            (
              batch.sequences[row],
              "row \(table.definition.id) \(batch.sequences[row]) "
                + "\(quoted(Array(batch.partition.utf8))) \(values)\n"
            ))
        }
      }
      for (_, text) in rows.sorted(by: { $0.0 < $1.0 }) { out += text }
    }
    return out
  }
}

private func spanText(_ partition: PartitionSpan) -> String {
  let ends = partition.isSingle ? [partition.first] : [partition.first, partition.last]
  return ends.map { quoted(Array($0.utf8)) }.joined(separator: " to ")
}
