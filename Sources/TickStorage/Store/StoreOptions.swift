/// What a store is opened with. Defaults are for production; tests make them small.
public struct StoreOptions: Sendable {
  /// Drawn at random by whoever creates a directory; ties its files together. Ignored when it exists.
  public var identity: UInt64
  public var manifestRewriteBytes = StorageLimits.manifestRewriteBytes
  public var logFileBytes = StorageLimits.logFileBytes
  public var logBytesMax = StorageLimits.logBytesMax
  public var memtableBytesMax = StorageLimits.memtableBytesMax
  public var memoryBytesMax = StorageLimits.memoryBytesMax
  /// Rows wait in memory at most about so long before they are flushed.
  public var flushAgeMilliseconds = 300_000
  /// True: the store has threads of its own, and callers from any thread share one sync. False: everything happens
  /// on the caller's thread, one caller at a time, and the order of all disk operations is the same in every run.
  public var hasThreads = true
  /// False only in tests that show what checksums are for.
  package var verifiesChecksums = true

  public init(identity: UInt64) { self.identity = identity }
}
