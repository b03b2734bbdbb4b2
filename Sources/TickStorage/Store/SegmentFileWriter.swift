/// Writes one segment file: temporary, synced, renamed. `Store.publish` syncs the directory and names it.
///
/// A writer that goes away without `finish` takes its file with it.
public struct SegmentFileWriter: ~Copyable {
  public let table: TableID
  public let fileID: FileID
  /// The open file, for whoever writes the segment's bytes.
  public let file: any WritableFile
  private let durable: DurableFiles
  private var isFinished = false

  init(table: TableID, fileID: FileID, durable: DurableFiles) throws(StorageError) {
    self.table = table
    self.fileID = fileID
    self.durable = durable
    let temporary = "tmp/\(hexadecimal(fileID)).seg"
    if try durable.files.exists(temporary) { try durable.files.remove(temporary) }
    file = try durable.files.create(temporary)
  }

  deinit {
    if !isFinished { durable.removeQuietly("tmp/\(hexadecimal(fileID)).seg") }
  }

  private var temporary: String { "tmp/\(hexadecimal(fileID)).seg" }

  /// Makes the file durable and moves it to its place, where nothing names it until it is published.
  public consuming func finish() throws(StorageError) -> FileID {
    if !PlantedBug.isOn(.segmentNotSynced) { try durable.sync(file) }
    try file.close()
    let directory = SegmentFile.directory(table: table)
    if try !durable.files.exists(directory) {
      try durable.files.createDirectory(directory)
      try durable.syncDirectory("segments")
    }
    try durable.files.rename(
      temporary, to: SegmentFile.path(table: table, fileID: fileID))
    isFinished = true
    return fileID
  }
}
