import TickColumns

/// Native blocks into batches: columns by name, types converted where they differ from the table's.
///
/// A block is read when all of it is there, at most `blockBytesMax` bytes. How much is missing is known only by
/// reading, so after a try that came too early the next waits until the input has grown by half: the work stays
/// linear in the bytes.
///
/// Invariants:
/// 1. A block is whole or an error; the input may end only between blocks.
/// 2. A batch has the schema's columns, the marks that were asked for, and at most `Batch.rowsMax` rows.
struct NativeDecoder: BatchDecoder {
  private let schema: Schema
  private let blockBytesMax: Int
  /// Positions of the columns that say where their defaults were taken.
  private let marked: [Int]
  private var pending: [UInt8] = []
  /// No try is worth while with fewer bytes.
  private var wanted = 1
  private var rowsBefore = 0
  private var bytesBefore = 0

  init(_ schema: Schema, blockBytesMax: Int, marked: [Int] = []) {
    self.schema = schema
    self.marked = marked
    self.blockBytesMax = blockBytesMax
  }

  mutating func push(_ bytes: [UInt8]) throws(FormatError) -> [Batch] {
    pending += bytes
    var batches: [Batch] = []
    while pending.count >= wanted {
      guard let block = try readBlock() else {
        guard pending.count <= blockBytesMax else {
          throw FormatError(
            .tooLargeStringSize, "a block is longer than \(blockBytesMax) bytes",
            row: rowsBefore + 1, offset: bytesBefore)
        }
        wanted = min(pending.count + pending.count / 2, blockBytesMax) + 1
        break
      }
      wanted = 1
      batches += block
    }
    return batches
  }

  mutating func finish() throws(FormatError) -> [Batch] {
    guard !pending.isEmpty else { return [] }
    wanted = 1
    let batches = try push([])
    guard pending.isEmpty else {
      throw FormatError(
        .cannotReadAllData, "the input ends inside a block", row: rowsBefore + 1,
        offset: bytesBefore)
    }
    return batches
  }

  /// The first block of `pending`, taken off it; nil when it is not whole.
  private mutating func readBlock() throws(FormatError) -> [Batch]? {
    var reader = NativeReader(end: pending.count)
    let block: NativeBlock
    do throws(FormatError) {
      guard let read = try reader.block(pending.span, schema) else { return nil }
      block = read
    } catch {
      throw error.located(row: rowsBefore + 1, offset: bytesBefore)
    }
    bytesBefore += reader.at
    pending.removeFirst(reader.at)
    guard block.rowCount > 0 else { return [] }
    rowsBefore += block.rowCount
    // Columns that the block lacks cost no bytes of it, so all batches share one batch of their defaults and marks.
    let sharedRows = min(block.rowCount, Batch.rowsMax)
    let lacking = schema.fields.enumerated().map { position, field in
      block.columns[position] == nil
        ? Column(field.type, repeating: .defaultValue(of: field.type), count: sharedRows) : nil
    }
    let marks = marked.map { position in
      Column(.uint8, repeating: .uint(lacking[position] == nil ? 0 : 1), count: sharedRows)
    }
    return stride(from: 0, to: block.rowCount, by: Batch.rowsMax).map { start in
      let rows = start..<min(start + Batch.rowsMax, block.rowCount)
      func part(_ shared: Column) -> Column {
        rows.count == sharedRows ? shared : shared.slice(0..<rows.count)
      }
      let columns = schema.fields.indices.compactMap { position in
        lacking[position].map(part) ?? block.columns[position]?.slice(rows)
      }
      return Batch(columns + marks.map(part), rowCount: rows.count)
    }
  }
}

/// A block with the columns that it has, whatever table it is for.
struct NativeTable: Sendable {
  let names: [String]
  let columns: [Column]
  let rowCount: Int

  /// The block that begins at `at`, which moves behind it; nil when it is not whole.
  static func read(
    _ bytes: Span<UInt8>, _ at: inout Int, _ end: Int
  ) throws(FormatError) -> NativeTable? {
    var reader = NativeReader(end: end)
    reader.at = at
    guard let table = try reader.table(bytes) else { return nil }
    at = reader.at
    return table
  }

  /// Whether bytes begin as a block does: counts, a name, and a type that is one. A text seldom does.
  static func begins(_ bytes: Span<UInt8>) -> Bool {
    var at = 0
    do throws(FormatError) {
      guard let columnCount = try readLength(bytes, &at, bytes.count), columnCount > 0,
        columnCount <= 1_000, let rowCount = try readLength(bytes, &at, bytes.count),
        rowCount <= NativeLimits.rowsMax, let name = try readText(bytes, &at, bytes.count),
        !name.isEmpty, name.utf8.count <= 256, let type = try readText(bytes, &at, bytes.count),
        !type.isEmpty
      else { return false }
      do throws(TypeNameError) {
        _ = try DataType.parse(type)
        return true
      } catch {
        return false
      }
    } catch {
      return false
    }
  }
}

extension NativeDecoder {
  /// The columns that the first block names; its data has to be whole, as a column stands behind the data of another.
  static func fields(ofFirstBlock bytes: [UInt8]) throws(FormatError) -> [Field] {
    var at = 0
    guard let table = try NativeTable.read(bytes.span, &at, bytes.count) else {
      throw FormatError(
        .cannotReadAllData, "the input ends, or the sample, inside its first block of Native")
    }
    return zip(table.names, table.columns).map { Field($0, $1.type) }
  }
}

private struct NativeBlock {
  let rowCount: Int
  /// By position in the schema.
  let columns: [Int: Column]
}

/// Reads one block from its start. Every function gives nil when more bytes are needed.
private struct NativeReader {
  let end: Int
  var at = 0

  init(end: Int) { self.end = end }

  mutating func block(
    _ bytes: Span<UInt8>, _ schema: Schema
  ) throws(FormatError) -> NativeBlock? {
    guard let columnCount = try readLength(bytes, &at, end) else { return nil }
    guard columnCount <= FormatLimits.columnsMax else {
      throw FormatError(.incorrectData, "a block of \(columnCount) columns")
    }
    guard let rowCount = try readLength(bytes, &at, end) else { return nil }
    guard rowCount <= NativeLimits.rowsMax else {
      throw FormatError(
        .tooLargeStringSize, "a block of \(rowCount) rows; the limit is \(NativeLimits.rowsMax)")
    }
    var columns: [Int: Column] = [:]
    for _ in 0..<columnCount {
      guard let name = try readText(bytes, &at, end),
        let typeName = try readText(bytes, &at, end)
      else { return nil }
      guard let position = schema.position(of: name) else {
        throw FormatError(
          .incorrectData, "Unknown column '\(name)' in a block of Native", column: name)
      }
      guard columns[position] == nil else {
        throw FormatError(.incorrectData, "Duplicate column '\(name)' in a block", column: name)
      }
      do throws(FormatError) {
        guard let column = try self.column(bytes, typeName, rowCount) else { return nil }
        columns[position] = try column.converted(to: schema[position].type)
      } catch {
        throw error.located(column: name)
      }
    }
    return NativeBlock(rowCount: rowCount, columns: columns)
  }

  mutating func table(_ bytes: Span<UInt8>) throws(FormatError) -> NativeTable? {
    guard let columnCount = try readLength(bytes, &at, end) else { return nil }
    guard columnCount <= FormatLimits.columnsMax else {
      throw FormatError(.incorrectData, "a block of \(columnCount) columns")
    }
    guard let rowCount = try readLength(bytes, &at, end) else { return nil }
    guard rowCount <= NativeLimits.rowsMax else {
      throw FormatError(
        .tooLargeStringSize, "a block of \(rowCount) rows; the limit is \(NativeLimits.rowsMax)")
    }
    var names: [String] = []
    var columns: [Column] = []
    for _ in 0..<columnCount {
      guard let name = try readText(bytes, &at, end),
        let typeName = try readText(bytes, &at, end)
      else { return nil }
      do throws(FormatError) {
        guard let column = try self.column(bytes, typeName, rowCount) else { return nil }
        names.append(name)
        columns.append(column)
      } catch {
        throw error.located(column: name)
      }
    }
    return NativeTable(names: names, columns: columns, rowCount: rowCount)
  }

  private mutating func column(
    _ bytes: Span<UInt8>, _ typeName: String, _ rowCount: Int
  ) throws(FormatError) -> Column? {
    let type: DataType
    do throws(TypeNameError) {
      type = try DataType.parse(typeName)
    } catch {
      throw FormatError(error.code, error.message)
    }
    guard rowCount > 0 else { return Column(type, of: []) }
    for _ in 0..<type.lowCardinalityCount {
      guard let version = number(bytes, UInt64.self) else { return nil }
      guard version == 1 else {
        throw FormatError(.incorrectData, "version \(version) of a low-cardinality column")
      }
    }
    return try data(bytes, type, rowCount)
  }

  private mutating func number<T: FixedWidthInteger>(
    _ bytes: Span<UInt8>, _ type: T.Type
  ) -> T? {
    let width = T.bitWidth / 8
    guard width <= end - at else { return nil }
    defer { at += width }
    return unsafe bytes.withUnsafeBytes {
      T(littleEndian: unsafe $0.loadUnaligned(fromByteOffset: at, as: T.self))
    }
  }

  private mutating func data(
    _ bytes: Span<UInt8>, _ type: DataType, _ rowCount: Int
  ) throws(FormatError) -> Column? {
    switch type {
    case .lowCardinality(let inner): return try codes(bytes, type, inner, rowCount)
    case .nullable(let inner):
      guard rowCount <= end - at else { return nil }
      var validity = [UInt8](repeating: 1, count: rowCount)
      for row in 0..<rowCount where bytes[at + row] != 0 { validity[row] = 0 }
      at += rowCount
      guard let column = try data(bytes, inner, rowCount) else { return nil }
      guard validity.contains(0) || inner == .nothing else { return Column(type, column.values) }
      // What lies under NULL is the sender's; ours is the type's zero.
      return column.masked(validity, as: type)
    case .nothing:
      guard rowCount <= end - at else { return nil }
      at += rowCount
      return Column(type, .nothing(count: rowCount))
    case .tuple(let elements):
      var columns: [Column] = []
      if elements.isEmpty {
        guard rowCount <= end - at else { return nil }
        at += rowCount
      }
      for element in elements {
        guard let column = try data(bytes, element.type, rowCount) else { return nil }
        columns.append(column)
      }
      return Column(type, .tuple(columns, count: rowCount))
    case .array, .map: return try arrays(bytes, type, rowCount)
    default:
      // One value after the other, as in RowBinary.
      let shape = BinaryShape(type)
      // A few bytes may claim any number of elements; memory is taken only for what can be there.
      guard rowCount <= (end - at) / max(1, shape.bytesMin) else { return nil }
      var starts = [Int](repeating: 0, count: rowCount)
      if case .fixed(let width) = shape {
        for row in 0..<rowCount { starts[row] = at + row * width }
        at += rowCount * width
      } else {
        for row in 0..<rowCount {
          starts[row] = at
          guard try shape.skip(bytes, &at, end) else { return nil }
        }
      }
      return try binaryColumn(type, bytes, starts: starts)
    }
  }

  private mutating func arrays(
    _ bytes: Span<UInt8>, _ type: DataType, _ rowCount: Int
  ) throws(FormatError) -> Column? {
    guard let element = type.elementType else { preconditionFailure("arrays of \(type)") }
    guard rowCount <= (end - at) / 8 else { return nil }
    var offsets = [0]
    offsets.reserveCapacity(rowCount + 1)
    for _ in 0..<rowCount {
      let next = number(bytes, UInt64.self) ?? 0
      guard next >= UInt64(offsets[offsets.count - 1]), next <= UInt64(NativeLimits.elementsMax)
      else {
        throw FormatError(
          .incorrectData,
          "array offset \(next) behind \(offsets[offsets.count - 1]); at most "
            + "\(NativeLimits.elementsMax) elements are read")
      }
      offsets.append(Int(next))
    }
    let elementCount = offsets[rowCount]
    let elements: Column
    if elementCount == 0 {
      elements = Column(element, of: [])
    } else {
      guard let read = try data(bytes, element, elementCount) else { return nil }
      elements = read
    }
    return Column(type, .array(ArrayValues(offsets: offsets, elements: elements)))
  }

  /// A dictionary and keys into it. Of nullable types key 0 is NULL; apart from that keys are plain positions.
  private mutating func codes(
    _ bytes: Span<UInt8>, _ type: DataType, _ inner: DataType, _ rowCount: Int
  ) throws(FormatError) -> Column? {
    guard let flags = number(bytes, UInt64.self) else { return nil }
    guard flags & NativeProtocol.globalDictionaryFlag == 0, flags & 0xFF <= 3, flags < 0x800
    else { throw FormatError(.incorrectData, "flags \(flags) of a low-cardinality column") }
    guard let entryCount = number(bytes, UInt64.self) else { return nil }
    guard entryCount <= UInt64(NativeLimits.elementsMax) else {
      throw FormatError(.incorrectData, "a dictionary of \(entryCount) entries")
    }
    guard let entries = try data(bytes, inner.withoutNullable, Int(entryCount)),
      let keyCount = number(bytes, UInt64.self)
    else { return nil }
    guard keyCount == UInt64(rowCount) else {
      throw FormatError(.incorrectData, "\(keyCount) keys for \(rowCount) rows")
    }
    let width = 1 << Int(flags & 3)
    guard rowCount <= (end - at) / width else { return nil }
    guard case .string(let strings) = entries.values else {
      throw FormatError(.notImplemented, "\(type) is not supported")
    }
    var keys = [UInt32](repeating: 0, count: rowCount)
    var validity: [UInt8]?
    for row in 0..<rowCount {
      let key: UInt64 =
        switch width {
        case 1: UInt64(number(bytes, UInt8.self) ?? 0)
        case 2: UInt64(number(bytes, UInt16.self) ?? 0)
        case 4: UInt64(number(bytes, UInt32.self) ?? 0)
        default: number(bytes, UInt64.self) ?? 0
        }
      guard key < entryCount else {
        throw FormatError(.incorrectData, "key \(key) in a dictionary of \(entryCount) entries")
      }
      keys[row] = UInt32(truncatingIfNeeded: key)
      if key == 0, inner.isNullable {
        if validity == nil { validity = Array(repeating: 1, count: rowCount) }
        validity?[row] = 0
      }
    }
    // The sender's dictionary may hold a string twice; ours does not.
    var builder = DictionaryBuilder(reserving: rowCount)
    builder.append(keys, of: StringDictionary(strings))
    return Column(type, builder.finish(), validity: validity)
  }
}

/// Bounds of a block of Native.
enum NativeLimits {
  /// Rows that one block may announce.
  static let rowsMax = 16 << 20
  /// Elements of all arrays, or entries of a dictionary, of one column of a block.
  static let elementsMax = 256 << 20
}

extension Column {
  /// The column with NULL where the marks are 0, over the type's zero value.
  fileprivate func masked(_ validity: [UInt8], as type: DataType) -> Column {
    if case .nothing = values { return Column(type, values, validity: validity) }
    let valid = validity.indices.filter { validity[$0] != 0 }
    return gather(valid.map { Int32(truncatingIfNeeded: $0) }).spread(validity, as: type)
  }
}
