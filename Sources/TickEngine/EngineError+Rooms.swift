/// How errors of the rooms below become ClickHouse codes.
import TickColumns
import TickFormats
import TickSQL
import TickStorage

extension SQLError {
  /// A storage fault in the middle of a statement.
  init(storage error: StorageError) {
    let code: ErrorCode =
      switch error {
      case .corrupt, .unsupportedFormat: .corruptedData
      case .io(_, _, let number) where number == 28: .notEnoughSpace
      case .tableExists: .tableAlreadyExists
      case .unknownTable: .unknownTable
      case .conflict: .badArguments
      case .alreadyImported, .alreadyInserted: .logicalError
      case .limit: .tooManyParts
      case .io, .locked, .failedEarlier: .storageFailed
      }
    self.init(code, error.sentence)
  }
}

extension LiveSegment {
  /// What a statement fails with that met an error in this segment, of which the file keeps damage.
  func failed(_ error: StorageError) -> SQLError {
    file.noteDamage(error)
    let failure = SQLError(storage: error)
    guard file.damage != nil else { return failure }
    return SQLError(
      failure.code,
      failure.sentence
        + " (rows of other segments are served; `tickbase check --repair` saves what can be read of this one)"
    )
  }
}

extension EngineError {
  init(_ error: SQLError) {
    self.init(error.code, error.sentence)
  }

  init(_ error: StorageError) {
    self.init(SQLError(storage: error))
  }

  init(_ error: FormatError) {
    self.init(error.code, error.sentence)
  }
}
