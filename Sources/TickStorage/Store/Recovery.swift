/// What an opening does between manifest and service: reads the log into memory, clears leftovers.
///
/// Recovery writes nothing but what it read (the last record and the last group, byte for byte), so that a second
/// one finds the same bytes.
internal import TickColumns

enum Recovery {
  /// The rows that the log has and segments have not.
  static func readLog(
    _ durable: DurableFiles, identity: UInt64, state: ManifestState, options: StoreOptions
  ) throws(StorageError) -> (end: LogEnd, memory: [TableID: TableMemory]) {
    var reader = LogReader(
      durable, identity: identity, manifest: state, verifiesChecksums: options.verifiesChecksums)
    var memory: [TableID: TableMemory] = [:]
    let end = try reader.read { (record, bytes, path) throws(StorageError) in
      // A record that no table waits for any more need not be decoded.
      guard state.tables.values.contains(where: { record.lsn > $0.replayAbove }) else { return }
      try apply(
        FoundTransaction(bytes, record, path: path), record, state, path: path, to: &memory)
    }
    return (end, memory)
  }

  /// Adds what a record holds for tables that wait for it.
  static func apply(
    _ found: FoundTransaction, _ record: FoundRecord, _ state: ManifestState, path: String,
    to memory: inout [TableID: TableMemory]
  ) throws(StorageError) {
    for part in found.parts {
      guard let table = state.tables[part.table], record.lsn > table.replayAbove else { continue }
      let rows = try part.bound(
        to: table.definition, firstSequence: record.firstSequence, path: path,
        offset: record.body.lowerBound)
      memory[part.table, default: TableMemory()].active.append(rows, lsn: record.lsn)
    }
    guard let own = found.mark, !PlantedBug.isOn(.marksNotReplayed),
      let table = state.tables[own.table], record.lsn > table.replayAbove
    else { return }
    memory[own.table, default: TableMemory()].marks.append(own.mark, lsn: record.lsn)
  }

  /// Removes what no edit names. Leftovers cost space and nothing else, so a failure does not stop the start.
  static func removeOrphans(_ durable: DurableFiles, state: ManifestState) {
    for name in durable.listQuietly("tmp") { durable.removeQuietly("tmp/" + name) }
    for directory in durable.listQuietly("segments") {
      let path = "segments/" + directory
      let table = TableID(directory).flatMap { state.tables[$0] }
      let named = PlantedBug.isOn(.detachedTakenForLeftovers) ? table?.segments : table?.files
      let live = Set(named?.map { hexadecimal($0.fileID) + ".seg" } ?? [])
      for name in durable.listQuietly(path) where !live.contains(name) {
        durable.removeQuietly(path + "/" + name)
      }
      if table == nil { durable.removeQuietly(path) }
    }
  }
}
