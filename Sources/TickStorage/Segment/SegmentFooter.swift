internal import TickColumns
internal import TickFormats

/// The header, the footer and the trailer of a segment as values, and their bytes.
///
/// Invariants of a footer that was read: counts are within their limits, every array has the length its count
/// says, every extent lies between the header and the footer, and the sections that must be there are there.
struct SegmentFooter {
  struct Extent: Hashable {
    var offset: Int
    var byteCount: Int
    var hash: UInt64
    /// Of a chunk.
    var coding = SegmentFormat.ChunkCoding.blocks
  }

  struct StoredField {
    var field: SegmentField
    /// The field that blocks of this one may be differences to.
    var reference: UInt32?
    var bounds: FieldBounds
  }

  struct KeyColumn {
    var fieldID: UInt32?
    var type: DataType
  }

  struct Group {
    var blockCount: Int
    var rowCount: Int
  }

  var headerHash: UInt64
  var rowCount: Int
  var blockCount: Int
  var runCount: Int
  var runColumnCount: Int
  var keySlotBytes: Int
  var layout: SegmentFormat.Layout
  var sequenceMinimum: UInt64
  var sequenceMaximum: UInt64
  var fields: [StoredField]
  var key: [KeyColumn]
  var groups: [Group]
  /// Group by group, in a group one for each of `storedColumns`.
  var chunks: [Extent]
  var sections: [SegmentFormat.SectionKind: Extent]
  /// Sections of kinds that this build does not know and need not.
  var unknownSections: [Extent] = []

  /// The positions in `fields` of the run columns.
  var runFields: [Int] {
    key.prefix(runColumnCount).compactMap { column in
      fields.firstIndex { $0.field.id == column.fieldID }
    }
  }

  /// The columns that have chunks, in their order: fields that no run implies, then `_sequence`.
  var storedColumns: [SegmentField] {
    let implied = Set(runFields)
    return fields.indices.filter { !implied.contains($0) }.map { fields[$0].field } + [.sequence]
  }
}

// MARK: Writing

extension SegmentFooter {
  var encoded: [UInt8] {
    var out: [UInt8] = []
    out.appendLittleEndian(headerHash)
    out.appendLittleEndian(UInt64(rowCount))
    out.appendLittleEndian(UInt32(groups.count))
    out.appendLittleEndian(UInt32(blockCount))
    out.appendLittleEndian(UInt32(runCount))
    out.appendLittleEndian(UInt32(fields.count))
    out.appendLittleEndian(UInt32(key.count))
    out.appendLittleEndian(UInt32(runColumnCount))
    out.appendLittleEndian(UInt32(keySlotBytes))
    out.appendLittleEndian(layout.rawValue)
    out.appendLittleEndian(sequenceMinimum)
    out.appendLittleEndian(sequenceMaximum)
    for stored in fields {
      out.appendLittleEndian(stored.field.id)
      out.appendText(stored.field.name)
      out.appendText(stored.field.type.description)
      out.appendLittleEndian(stored.reference ?? SegmentFormat.noFieldID)
      let bounds = stored.bounds
      out.appendLittleEndian(
        (bounds.minimum == nil ? 0 : SegmentFormat.FieldMark.hasMinimum)
          | (bounds.maximum == nil ? 0 : SegmentFormat.FieldMark.hasMaximum)
          | (bounds.hasNull ? SegmentFormat.FieldMark.hasNull : 0)
          | (bounds.hasNaN ? SegmentFormat.FieldMark.hasNaN : 0))
      for bound in [bounds.minimum, bounds.maximum] {
        let bytes = boundBytes(bound)
        out.appendLittleEndian(UInt16(bytes.count))
        out += bytes
      }
    }
    for column in key {
      out.appendLittleEndian(column.fieldID ?? SegmentFormat.noFieldID)
      out.appendText(column.type.description)
    }
    for group in groups {
      out.appendLittleEndian(UInt32(group.blockCount))
      out.appendLittleEndian(UInt32(group.rowCount))
    }
    for chunk in chunks {
      out.appendLittleEndian(UInt32(chunk.byteCount))
      out.appendLittleEndian(chunk.hash)
      out.append(chunk.coding.rawValue)
    }
    out.appendLittleEndian(UInt32(sections.count))
    for kind in SegmentFormat.SectionKind.allCases {
      guard let extent = sections[kind] else { continue }
      out.appendLittleEndian(kind.rawValue)
      out.appendLittleEndian(kind.isRequired ? SegmentFormat.sectionIsRequired : 0)
      out.appendExtent(extent)
    }
    return out
  }

  private func boundBytes(_ bound: Value?) -> [UInt8] {
    var out: [UInt8] = []
    switch bound {
    case nil: break
    case .int(let number): out.appendLittleEndian(number)
    case .uint(let number): out.appendLittleEndian(number)
    case .float(let number): out.appendLittleEndian(number.bitPattern)
    case .bytes(let bytes): out = bytes
    case .null, .tuple, .array, .int128, .uint128:
      preconditionFailure("\(String(describing: bound)) is no bound")
    }
    return out
  }

  /// The 64 bytes at the start of a file.
  static func header(fileID: UInt64) -> [UInt8] {
    var out = SegmentFormat.magic
    out.appendLittleEndian(FormatVersion.major)
    out.appendLittleEndian(FormatVersion.minor)
    out.appendLittleEndian(UInt32(0))
    out.appendLittleEndian(UInt64(0))
    out.appendLittleEndian(UInt64(0))
    out.appendLittleEndian(fileID)
    out += [UInt8](repeating: 0, count: 16)
    out.appendLittleEndian(xxh3_64(out))
    return out
  }

  /// The 64 bytes at the end of a file.
  static func trailer(footerOffset: Int, footerBytes: Int, hash: Hash128, byteCount: Int) -> [UInt8]
  {
    var out: [UInt8] = []
    out.appendLittleEndian(UInt64(footerOffset))
    out.appendLittleEndian(UInt64(footerBytes))
    out += hash.bytes
    out.appendLittleEndian(UInt64(byteCount))
    out.appendLittleEndian(UInt64(0))
    out.appendLittleEndian(xxh3_64(out))
    return out + SegmentFormat.trailerMagic
  }
}

extension [UInt8] {
  fileprivate mutating func appendText(_ text: String) {
    let bytes = Array(text.utf8)
    appendLittleEndian(UInt32(bytes.count))
    self += bytes
  }

  fileprivate mutating func appendExtent(_ extent: SegmentFooter.Extent) {
    appendLittleEndian(UInt64(extent.offset))
    appendLittleEndian(UInt64(extent.byteCount))
    appendLittleEndian(extent.hash)
  }
}

// MARK: Reading

/// Why a footer whose hash was right cannot be used.
enum FooterError: Error {
  case damaged(String)
  /// Something this build does not know.
  case unknown(String)
}

extension SegmentFooter {
  /// Reads a footer; extents must lie within `data`, the bytes between header and footer.
  init(_ bytes: [UInt8], data: Range<Int>) throws(FooterError) {
    var reader = FooterReader(bytes, data: data)
    headerHash = try reader.number(UInt64.self)
    rowCount = try reader.count(UInt64.self, atMost: SegmentLimits.rowsMax, "rows")
    let groupCount = try reader.count(UInt32.self, atMost: rowCount, "row groups")
    blockCount = try reader.count(UInt32.self, atMost: rowCount, "blocks")
    runCount = try reader.count(UInt32.self, atMost: blockCount, "runs")
    // A field takes at least 24 bytes here and a key column 8, which bounds both by the footer's length.
    let fieldCount = try reader.count(UInt32.self, atMost: bytes.count / 24, "fields")
    let keyCount = try reader.count(UInt32.self, atMost: bytes.count / 8, "key columns")
    runColumnCount = try reader.count(UInt32.self, atMost: keyCount, "run columns")
    keySlotBytes = try reader.count(
      UInt32.self, atMost: SegmentLimits.keySlotMax, "bytes of a sparse key")
    let rawLayout = try reader.number(UInt32.self)
    guard let layout = SegmentFormat.Layout(rawValue: rawLayout) else {
      throw .unknown("layout \(rawLayout)")
    }
    self.layout = layout
    sequenceMinimum = try reader.number(UInt64.self)
    sequenceMaximum = try reader.number(UInt64.self)

    fields = []
    for _ in 0..<fieldCount { fields.append(try reader.field()) }
    key = []
    for _ in 0..<keyCount {
      let id = try reader.number(UInt32.self)
      let type = try reader.type()
      guard type.isStorableKey else { throw .unknown("a key column of type \(type)") }
      key.append(KeyColumn(fieldID: id == SegmentFormat.noFieldID ? nil : id, type: type))
    }
    groups = []
    for _ in 0..<groupCount {
      let blocks = try reader.count(
        UInt32.self, atMost: SegmentLimits.groupBlocksMax, "blocks of a row group")
      let rows = try reader.count(
        UInt32.self, atMost: blocks * BlockLimits.rowsMax, "rows of a row group")
      groups.append(Group(blockCount: blocks, rowCount: rows))
    }
    chunks = []
    sections = [:]
    unknownSections = []
    try checkSchema()
    let chunkCount = groupCount * storedColumns.count
    guard chunkCount <= bytes.count / 13 else {
      throw .damaged("\(chunkCount) chunks in a footer of \(bytes.count) bytes")
    }
    var offset = data.lowerBound
    for _ in 0..<chunkCount {
      let chunk = try reader.chunk(at: offset)
      chunks.append(chunk)
      offset += chunk.byteCount
    }
    let sectionCount = try reader.count(UInt32.self, atMost: bytes.count / 32, "sections")
    for _ in 0..<sectionCount {
      let kind = try reader.number(UInt32.self)
      let flags = try reader.number(UInt32.self)
      let extent = try reader.extent()
      guard let known = SegmentFormat.SectionKind(rawValue: kind) else {
        if flags & SegmentFormat.sectionIsRequired != 0 { throw .unknown("section kind \(kind)") }
        unknownSections.append(extent)
        continue
      }
      guard sections[known] == nil else { throw .damaged("two sections of kind \(kind)") }
      sections[known] = extent
    }
    guard reader.isAtEnd else { throw .damaged("bytes after the last section") }
    try checkCounts()
  }

  private func checkSchema() throws(FooterError) {
    guard Set(fields.map(\.field.id)).count == fields.count,
      Set(fields.map(\.field.name)).count == fields.count
    else { throw .damaged("a field stands twice") }
    guard (layout == .runs) == (runColumnCount > 0),
      (layout == .runs) == (runCount > 0) || rowCount == 0
    else { throw .damaged("\(runCount) runs of \(runColumnCount) columns in layout \(layout)") }
    let implied = runFields
    guard implied.count == runColumnCount, Set(implied).count == implied.count,
      implied.allSatisfy({ fields[$0].field.type.isRunColumn })
    else { throw .damaged("a run column that is no stored code column") }
    guard (keySlotBytes > 0) == (!key.isEmpty && layout == .shared) else {
      throw .damaged(
        "sparse keys of \(keySlotBytes) bytes for \(key.count) key columns in layout \(layout)")
    }
    try checkReferences(implied: Set(implied))
  }

  /// A reference stands before its field, has chunks, the same physical type and no reference itself.
  private func checkReferences(implied: Set<Int>) throws(FooterError) {
    for (position, field) in fields.enumerated() {
      guard let id = field.reference else { continue }
      guard let other = fields[..<position].firstIndex(where: { $0.field.id == id }),
        fields[other].reference == nil, !implied.contains(other), !implied.contains(position),
        field.field.type.physical.mayDiffer(from: fields[other].field.type.physical)
      else {
        throw .damaged("\(field.field.name) has a reference of field \(id), which it cannot have")
      }
    }
  }

  private func checkCounts() throws(FooterError) {
    guard groups.reduce(0, { $0 + $1.blockCount }) == blockCount,
      groups.reduce(0, { $0 + $1.rowCount }) == rowCount,
      groups.allSatisfy({ $0.blockCount > 0 && $0.rowCount >= $0.blockCount })
    else { throw .damaged("row groups do not add up to \(blockCount) blocks and \(rowCount) rows") }
    var needed: [SegmentFormat.SectionKind] = [.blocks, .directory]
    if keySlotBytes > 0 {
      needed.append(.keys)
    } else if sections[.keys] != nil {
      throw .damaged("sparse keys in layout \(layout)")
    }
    if layout == .runs { needed.append(.runs) }
    if layout == .shared, sections[.candles] != nil {
      throw .damaged("candles in a layout without runs")
    }
    if fields.contains(where: { $0.field.type.physical == .codes }) { needed.append(.dictionaries) }
    for kind in needed where sections[kind] == nil {
      throw .damaged("no section of kind \(kind.rawValue)")
    }
  }
}

extension DataType {
  /// True for the types whose values a run table can imply.
  var isRunColumn: Bool {
    switch self {
    case .lowCardinality(.string), .enum8, .enum16, .bool: true
    default: false
    }
  }
}

private struct FooterReader {
  private var reader: LittleEndianReader
  private let data: Range<Int>

  init(_ bytes: [UInt8], data: Range<Int>) {
    reader = LittleEndianReader(bytes)
    self.data = data
  }

  var isAtEnd: Bool { reader.remaining == 0 }

  mutating func number<Number: FixedWidthInteger>(
    _ type: Number.Type
  ) throws(FooterError) -> Number {
    do throws(EncodingError) {
      return try reader.read(type)
    } catch {
      throw .damaged("it ends early")
    }
  }

  mutating func count(
    _ type: (some FixedWidthInteger & UnsignedInteger).Type, atMost limit: Int, _ what: String
  ) throws(FooterError) -> Int {
    let number = UInt64(try number(type))
    guard number <= UInt64(limit) else {
      throw .damaged("\(number) \(what) where at most \(limit) can be")
    }
    return Int(number)
  }

  mutating func bytes(_ count: Int) throws(FooterError) -> [UInt8] {
    do throws(EncodingError) {
      return Array(try reader.read(count: count))
    } catch {
      throw .damaged("it ends early")
    }
  }

  mutating func text() throws(FooterError) -> String {
    let length = Int(try number(UInt32.self))
    guard let text = String(validating: try bytes(length), as: UTF8.self) else {
      throw .damaged("a name that is not UTF-8")
    }
    return text
  }

  mutating func type() throws(FooterError) -> DataType {
    let name = try text()
    do throws(TypeNameError) {
      return try DataType.parse(name)
    } catch {
      throw .unknown("type \(name)")
    }
  }

  mutating func extent() throws(FooterError) -> SegmentFooter.Extent {
    let offset = try number(UInt64.self)
    let length = try number(UInt64.self)
    let hash = try number(UInt64.self)
    guard let start = Int(exactly: offset), let count = Int(exactly: length),
      data.lowerBound <= start, start <= data.upperBound, count <= data.upperBound - start
    else {
      throw .damaged("\(length) bytes at \(offset) lie outside the file's data")
    }
    return SegmentFooter.Extent(offset: start, byteCount: count, hash: hash)
  }

  /// A chunk that begins at this offset.
  mutating func chunk(at offset: Int) throws(FooterError) -> SegmentFooter.Extent {
    let length = Int(try number(UInt32.self))
    let hash = try number(UInt64.self)
    let rawCoding = try number(UInt8.self)
    guard let coding = SegmentFormat.ChunkCoding(rawValue: rawCoding) else {
      throw .unknown("chunk coding \(rawCoding)")
    }
    guard length <= data.upperBound - offset else {
      throw .damaged("a chunk of \(length) bytes at \(offset) lies outside the file's data")
    }
    return SegmentFooter.Extent(offset: offset, byteCount: length, hash: hash, coding: coding)
  }

  mutating func field() throws(FooterError) -> SegmentFooter.StoredField {
    let id = try number(UInt32.self)
    guard id < SegmentFormat.reservedFieldIDs else { throw .damaged("field id \(id) is reserved") }
    let name = try text()
    let type = try type()
    guard type.isStorable else { throw .unknown("a stored column of type \(type)") }
    let reference = try number(UInt32.self)
    let marks = try number(UInt32.self)
    let minimum = try bound(type, isThere: marks & SegmentFormat.FieldMark.hasMinimum != 0)
    let maximum = try bound(type, isThere: marks & SegmentFormat.FieldMark.hasMaximum != 0)
    let bounds = FieldBounds(
      minimum: minimum, maximum: maximum,
      hasNull: marks & SegmentFormat.FieldMark.hasNull != 0,
      hasNaN: marks & SegmentFormat.FieldMark.hasNaN != 0)
    return SegmentFooter.StoredField(
      field: SegmentField(id: id, name: name, type: type),
      reference: reference == SegmentFormat.noFieldID ? nil : reference, bounds: bounds)
  }

  private mutating func bound(_ type: DataType, isThere: Bool) throws(FooterError) -> Value? {
    let bytes = try bytes(Int(try number(UInt16.self)))
    guard isThere else { return nil }
    switch type.physical {
    case .string, .codes: return .bytes(bytes)
    case .int128, .uint128, .array, .tuple, .nothing: throw .damaged("a bound for \(type)")
    default: break
    }
    var number = LittleEndianReader(bytes)
    guard bytes.count == 8, let bits = try? number.read(UInt64.self) else {
      throw .damaged("a bound of \(bytes.count) bytes for \(type)")
    }
    return Value(image: bits, type.physical)
  }
}

extension Value {
  /// The value behind a zone map's image of a number.
  init(image: UInt64, _ type: PhysicalType) {
    switch type {
    case .int8, .int16, .int32, .int64: self = .int(Int64(bitPattern: image))
    case .float32, .float64: self = .float(Double(bitPattern: image))
    default: self = .uint(image)
    }
  }
}
