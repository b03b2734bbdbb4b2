/// Every limit of the room, with its reason.
public enum StorageLimits {
  /// One manifest record. A checkpoint of a million segments of eight columns is about 500 MB.
  public static let manifestRecordBytesMax = 1 << 30
  /// The manifest is rewritten when it has grown past this and past four times its checkpoint.
  public static let manifestRewriteBytes = 1 << 20
  /// Nesting of tuples inside a stored value; the type parser allows no more.
  public static let valueNestingMax = 100
  /// A database or table name: what a directory entry of other tools can hold.
  public static let nameBytesMax = 255
  /// Fields of one table.
  public static let fieldsMax = 10_000

  // MARK: Write path

  /// One transaction in the log. What is larger goes to unpublished segments and one manifest edit.
  public static let transactionBytesMax = 16 << 20
  /// Bytes of one group commit: past this the next transaction waits for the next sync.
  static let groupBytesMax = 8 << 20
  /// One file of the log.
  public static let logFileBytes = 16 << 20
  /// Files of the log together; reached, writes wait for a flush. Bounds the replay at start.
  public static let logBytesMax = 256 << 20
  /// Files kept for reuse, so that a new one costs no zeros.
  static let spareLogFilesMax = 4
  /// Rows of one table in memory; past this they are flushed.
  public static let memtableBytesMax = 64 << 20
  /// Rows of all tables in memory; reached, writes wait for a flush.
  public static let memoryBytesMax = 512 << 20
  /// Requests that wait for the writer; past this submitters wait.
  public static let mailboxRequestsMax = 4_096
  /// Bytes of transactions that wait for the writer.
  public static let mailboxBytesMax = 64 << 20
}
