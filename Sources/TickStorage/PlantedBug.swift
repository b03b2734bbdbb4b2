/// Mistakes that a programmer could have made in the storage room or above it, each one line at the place where it would
/// stand: what the worlds of `Tests/TickEngineTests/BugGardenTests.swift` must find without being told which one is made.
///
/// 1. A debug build has the switches, a release build does not: there `isOn` is the constant false, the lines are gone, and the names
///    below are all that is left.
/// 2. The switch belongs to a task, so worlds of tests that run side by side do not see each other's. It reaches what the
///    task's own thread does: a store without threads.
package enum PlantedBug: CaseIterable, Sendable {
  // Durability
  /// A transaction is answered, and the sync of the log is left out.
  case answersBeforeLogSync
  /// A failed sync is tried once more, and what that says is believed.
  case failedSyncRepeated
  /// A group is shown to readers while its sync runs.
  case shownBeforeSync
  /// What a short write left over is not written.
  case shortWriteTakenForWhole
  /// After a write that failed the log goes on behind what it left.
  case logGoesOnBehindTornGroup
  /// A full disk ends the log for good.
  case fullDiskIsFinal
  /// The record of an edit is not synced.
  case editNotSynced
  /// A segment is named by an edit before its bytes are durable.
  case segmentNotSynced
  /// The directory of a segment is not synced before the edit that names it.
  case segmentNameNotSynced
  /// The directory of the log is not synced when a file of it begins.
  case logNameNotSynced
  /// A checkpoint gets its name before its bytes are durable.
  case checkpointNotSynced

  // The order of log, segments and manifest
  /// The log is recycled before the edit of the flush is durable.
  case logRecycledBeforeEdit
  /// A flush says that the log is covered up to one record less than it is.
  case flushPositionOneShort
  /// Segments that an edit replaces are removed before the edit is durable.
  case segmentsRemovedBeforeEdit
  /// Files of an edit whose sync failed are removed, though the edit may be durable.
  case filesDiscardedAfterFailedSync

  // Recovery
  /// The last group of the log is not written again: the cache may show what the medium lost.
  case recoveryBelievesLog
  /// The last record of the manifest is not written again.
  case recoveryBelievesManifest
  /// The end of the log is cut although whole groups follow.
  case tornTailCutDespiteLater
  /// Rows that TRUNCATE removed come back from the log.
  case truncatedRowsReplayed
  /// LSNs go on from the log, without regard to edits.
  case numbersFromLogAlone
  /// Marks of inserts in the log are not read.
  case marksNotReplayed
  /// A flush moves rows and leaves the marks of their inserts behind.
  case marksNotFlushed
  /// Files whose content is known are unknown after an opening.
  case importMarksNotRestored
  /// Recovery makes the last record of the manifest anew: it is gone when the power goes meanwhile.
  case recoveryCutsFirst
  /// Files of detached segments are taken for leftovers.
  case detachedTakenForLeftovers

  // Bytes that are not what was written
  /// Chunks and sections of a segment are believed without their checksums.
  case chunkChecksumNotCompared

  // Statements
  /// DELETE and UPDATE look into segments only.
  case mutationForgetsMemory
  /// Duplicates are looked for among rows of this process only.
  case storedDuplicatesNotRead
  /// Rows that are replaced go by one edit, and those in their place come by another.
  case replacementInTwoEdits
  /// Rows that are gone come out of the files that hold them.
  case goneRowsRead
  /// Rows that went while a merge was under way come back with it.
  case mergeBringsRowsBack
  /// A merge ends when one list of rows is left.
  case mergeDropsTail
  /// DETACH and ATTACH are an edit that takes segments out of one list, and another one that puts them into the other.
  case detachInTwoEdits
  /// What is attached may have keys that are there.
  case attachForgetsDuplicates

  // Copies
  /// A copy's files are not synced.
  case copyNotSynced
  /// Rows in memory are not in a copy.
  case copyForgetsMemory
  /// A copy has all rows of its files.
  case copyForgetsGoneRows
  /// What is detached is not in a copy.
  case copyForgetsDetached

  /// Those that show only where two work at one time, which the worlds never do: a test of their own finds each.
  package static let needTwo: Set<PlantedBug> = [.mergeBringsRowsBack]

  #if BUG_GARDEN
  /// The mistake that the running task makes; nil for none.
  @TaskLocal package static var current: PlantedBug?

  package static func isOn(_ bug: PlantedBug) -> Bool { current == bug }
  #else
  @inlinable package static func isOn(_ bug: PlantedBug) -> Bool { false }
  #endif
}
