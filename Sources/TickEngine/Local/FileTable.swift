/// Rows of files as a table: decoded when they are scanned, and not kept.
///
/// Invariants:
/// 1. A scan reads every file anew, front to back, in memory that does not depend on its length.
/// 2. Columns that nobody asked for are not decoded where the format names those of a row.
import Synchronization
package import TickColumns
package import TickFormats
package import TickSQL

package struct FileTable: TableSource {
  package let schema: Schema
  package let hasSequence = false
  let sources: [any RowSource]
  let format: InputFormat
  let options: InputOptions

  /// - Parameter schema: of the rows; nil where their first ones tell.
  package init(
    _ sources: [any RowSource], format: InputFormat, schema: Schema?,
    options: InputOptions = InputOptions()
  ) throws(SQLError) {
    self.sources = sources
    self.format = format
    self.options = options
    if let schema {
      self.schema = schema
    } else {
      self.schema = try Self.inferred(from: sources[0], format, options)
    }
  }

  /// One source, described as people do: a format's name, and columns as CREATE TABLE names them. What is left out is told
  /// by the source's name and first rows.
  package init(
    _ source: any RowSource, format: String?, structure: String?
  ) throws(EngineError) {
    do throws(SQLError) {
      try self.init(
        [source], format: try FileFunction.format(format, source.name),
        schema: try structure.map { (text) throws(SQLError) in try FileFunction.schema(text) })
    } catch {
      throw EngineError(error)
    }
  }

  private static func inferred(
    from source: any RowSource, _ format: InputFormat, _ options: InputOptions
  ) throws(SQLError) -> Schema {
    do throws(EngineError) {
      let bytes = UnpackedBytes(try source.open())
      do throws(FormatError) {
        return try inferred(from: bytes, format, options)
      } catch {
        throw EngineError(error.code, "\(source.name): \(error.sentence)")
      }
    } catch {
      throw SQLError(error.code, error.message)
    }
  }

  private static func inferred(
    from bytes: UnpackedBytes, _ format: InputFormat, _ options: InputOptions
  ) throws(FormatError) -> Schema {
    var sample: [UInt8] = []
    var lines = 0
    var isWhole = false
    // A block of Native is tried again whenever the sample has doubled.
    var wanted = format == .native ? 1 << 20 : SchemaInference.bytesMax
    while true {
      while sample.count < wanted, format == .native || lines <= SchemaInference.rowsMax {
        guard let piece = try bytes.next() else {
          isWhole = true
          break
        }
        sample += piece
        lines = piece.reduce(lines) { $1 == 0x0A ? $0 + 1 : $0 }
      }
      do throws(FormatError) {
        return try SchemaInference(format, options: options, sample: sample, isWhole: isWhole)
          .schema()
      } catch {
        guard error.code == .cannotReadAllData, !isWhole, wanted < SchemaInference.bytesMax else {
          throw error
        }
        wanted *= 2
      }
    }
  }

  package func scan(_ request: ScanRequest) throws(SQLError) -> any TableScan {
    FileScan(table: self, columns: request.columns)
  }
}

/// The batches of the files one after the other, a morsel each: decoded in order by whoever needs the next one, and worked
/// on by many.
///
/// Invariants:
/// 1. Batches are decoded once and in order; `waiting` holds those that another thread asks for, no more than threads.
private final class FileScan: TableScan {
  private struct State {
    /// The file that is read, and those behind it.
    var source = 0
    var pass: (bytes: UnpackedBytes, decoder: any BatchDecoder)?
    var decoded: [Batch] = []
    /// Morsels decoded so far.
    var count = 0
    var waiting: [Int: Batch] = [:]
  }

  private static let endless = 1 << 31

  private let table: FileTable
  /// The columns that are decoded: all, or those asked for where the rows name theirs.
  private let schema: Schema
  /// Where those asked for stand among them.
  private let positions: [Int]
  private let state = Mutex(State())
  private let end = Atomic(FileScan.endless)

  init(table: FileTable, columns: [String]) {
    self.table = table
    let options = table.options
    if table.format.namesColumns, options.usesHeaderNames, options.skipsUnknownFields {
      let fields = table.schema.fields.filter { columns.contains($0.name) }
      schema = Schema(fields.isEmpty ? Array(table.schema.fields.prefix(1)) : fields)
    } else {
      schema = table.schema
    }
    let schema = schema
    positions = columns.map { name -> Int in
      guard let position = schema.position(of: name) else {
        preconditionFailure("the binder asked for '\(name)', which this table lacks")
      }
      return position
    }
  }

  var morselCount: Int { end.load(ordering: .acquiring) }
  /// Nobody knows before they are read.
  var rowEstimate: Int { .max }
  var explanation: [String] {
    ["reads \(table.sources.map(\.name).joined(separator: ", ")) as \(table.format.canonicalName)"]
  }

  func read(morsel: Int, _ body: (Batch) throws(SQLError) -> Bool) throws(SQLError) {
    let found = try state.withLock { (state) throws(SQLError) -> Batch? in
      while state.count <= morsel, morsel < end.load(ordering: .relaxed) {
        guard let batch = try next(&state) else {
          end.store(state.count, ordering: .releasing)
          break
        }
        state.waiting[state.count] = batch
        state.count += 1
      }
      return state.waiting.removeValue(forKey: morsel)
    }
    if let batch = found {
      _ = try body(Batch(positions.map { batch.columns[$0] }, rowCount: batch.rowCount))
    }
  }

  private func next(_ state: inout State) throws(SQLError) -> Batch? {
    while state.decoded.isEmpty {
      guard state.source < table.sources.count else { return nil }
      let source = table.sources[state.source]
      do throws(EngineError) {
        try decode(source, &state)
      } catch {
        throw SQLError(error.code, error.message)
      }
    }
    return state.decoded.removeFirst()
  }

  /// Decodes the next piece of a file, or its end.
  private func decode(_ source: any RowSource, _ state: inout State) throws(EngineError) {
    if state.pass == nil {
      let bytes = UnpackedBytes(try source.open())
      do throws(FormatError) {
        state.pass = (
          bytes, try table.format.makeDecoder(schema: schema, options: table.options)
        )
      } catch {
        throw located(error, source)
      }
    }
    do throws(FormatError) {
      if let piece = try state.pass?.bytes.next() {
        state.decoded = try state.pass?.decoder.push(piece) ?? []
      } else {
        state.decoded = try state.pass?.decoder.finish() ?? []
        state.pass = nil
        state.source += 1
      }
    } catch {
      throw located(error, source)
    }
  }

  private func located(_ error: FormatError, _ source: any RowSource) -> EngineError {
    EngineError(error.code, "\(source.name): \(error.sentence)")
  }
}

extension InputFormat {
  /// True where the columns of a row are found by name.
  fileprivate var namesColumns: Bool {
    switch self {
    case .csvWithNames, .csvWithNamesAndTypes, .tabSeparatedWithNames,
      .tabSeparatedWithNamesAndTypes, .jsonEachRow:
      true
    default: false
    }
  }
}
