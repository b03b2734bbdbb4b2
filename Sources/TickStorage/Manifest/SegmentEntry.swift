/// A live segment as the manifest names it.
internal import TickColumns
internal import TickFormats

public struct SegmentEntry: Hashable, Sendable {
  public var partition: PartitionSpan
  public var descriptor: SegmentDescriptor
  /// Added to the file's relative sequences.
  public var sequenceBase: UInt64
  /// Rows of the file that exist. Normally all of them.
  public var liveRows: RowRanges
  public var level: UInt8

  public init(
    partition: PartitionSpan, descriptor: SegmentDescriptor, sequenceBase: UInt64,
    liveRows: RowRanges? = nil, level: UInt8 = 0
  ) {
    self.partition = partition
    self.descriptor = descriptor
    self.sequenceBase = sequenceBase
    self.liveRows = liveRows ?? RowRanges(0..<descriptor.rowCount)
    self.level = level
  }

  public var fileID: FileID { descriptor.fileID }
  public var liveRowCount: Int { liveRows.count }
  /// Rows of the file that are gone.
  public var goneRowCount: Int { descriptor.rowCount - liveRows.count }

  /// With all rows of the file.
  var whole: SegmentEntry {
    var out = self
    out.liveRows = RowRanges(0..<descriptor.rowCount)
    return out
  }
}

extension SegmentEntry {
  func encode(into out: inout FieldWriter) {
    out.put(fileID)
    out.put(partition.first)
    out.put(partition.last)
    out.put(UInt64(descriptor.byteCount))
    out.put(descriptor.footerHash.bytes)
    out.put(UInt64(descriptor.rowCount))
    out.put(descriptor.sequenceMinimum)
    out.put(descriptor.sequenceMaximum)
    out.put(sequenceBase)
    out.put(level)
    out.put(UInt32(liveRows.ranges.count))
    for range in liveRows.ranges {
      out.put(UInt64(range.lowerBound))
      out.put(UInt64(range.upperBound))
    }
    out.put(UInt32(descriptor.bounds.count))
    for (fieldID, bounds) in descriptor.bounds.sorted(by: { $0.key < $1.key }) {
      out.put(fieldID)
      bounds.encode(into: &out)
    }
  }

  init(from reader: inout FieldReader) throws(StorageError) {
    let fileID: FileID = try reader.integer()
    let first = try reader.text()
    let last = try reader.text()
    guard let span = PartitionSpan(first: first, last: last) else {
      throw reader.corrupt("partitions that end before they begin")
    }
    partition = span
    let byteCount = try reader.count64()
    let footerHash = Hash128(
      low: try reader.integer(), high: try reader.integer())
    let rowCount = try reader.count64()
    let sequenceMin: UInt64 = try reader.integer()
    let sequenceMax: UInt64 = try reader.integer()
    sequenceBase = try reader.integer()
    level = try reader.integer()
    var ranges: [Range<Int>] = []
    for _ in 0..<(try reader.count(itemBytesMin: 16)) {
      let first = try reader.count64()
      let end = try reader.count64()
      guard first < end else { throw reader.corrupt("live rows \(first) to \(end)") }
      ranges.append(first..<end)
    }
    guard let rows = RowRanges(ranges) else {
      throw reader.corrupt("live rows that do not ascend, or touch")
    }
    liveRows = rows
    var bounds: [UInt32: FieldBounds] = [:]
    for _ in 0..<(try reader.count(itemBytesMin: 5)) {
      let id: UInt32 = try reader.integer()
      guard bounds.updateValue(try FieldBounds(from: &reader), forKey: id) == nil else {
        throw reader.corrupt("bounds of field \(id) stand twice")
      }
    }
    descriptor = SegmentDescriptor(
      fileID: fileID, byteCount: byteCount, footerHash: footerHash, rowCount: rowCount,
      sequenceMinimum: sequenceMin, sequenceMaximum: sequenceMax, bounds: bounds)
    if let flaw { throw reader.corrupt(flaw) }
  }

  /// What makes the entry unusable, as a sentence; nil when it is sound.
  var flaw: String? {
    guard descriptor.sequenceMinimum <= descriptor.sequenceMaximum,
      !sequenceBase.addingReportingOverflow(descriptor.sequenceMaximum).overflow
    else { return "sequences that run backwards or past 64 bits" }
    guard liveRows.end <= descriptor.rowCount else {
      return "live rows up to \(liveRows.end) of a file of \(descriptor.rowCount) rows"
    }
    return nil
  }
}

extension FieldBounds {
  func encode(into out: inout FieldWriter) {
    out.put(
      (minimum == nil ? 0 : 1) | (maximum == nil ? 0 : 2) | (hasNull ? 4 : 0) | (hasNaN ? 8 : 0)
        as UInt8)
    minimum?.encode(into: &out)
    maximum?.encode(into: &out)
  }

  init(from reader: inout FieldReader) throws(StorageError) {
    let flags: UInt8 = try reader.integer()
    guard flags < 16 else { throw reader.corrupt("unknown flags \(flags) of bounds") }
    let minimum = flags & 1 == 0 ? nil : try Value(from: &reader, depth: 0)
    let maximum = flags & 2 == 0 ? nil : try Value(from: &reader, depth: 0)
    self.init(
      minimum: minimum, maximum: maximum, hasNull: flags & 4 != 0, hasNaN: flags & 8 != 0)
  }
}

extension Value {
  func encode(into out: inout FieldWriter) {
    switch self {
    case .null: out.put(UInt8(0))
    case .int(let number):
      out.put(UInt8(1))
      out.put(number)
    case .uint(let number):
      out.put(UInt8(2))
      out.put(number)
    case .float(let number):
      out.put(UInt8(3))
      out.put(number.bitPattern)
    case .bytes(let bytes):
      out.put(UInt8(4))
      out.put(counted: bytes)
    case .tuple(let values):
      out.put(UInt8(5))
      out.put(UInt32(values.count))
      for value in values { value.encode(into: &out) }
    case .int128(let number):
      out.put(UInt8(6))
      out.put(number)
    case .uint128(let number):
      out.put(UInt8(7))
      out.put(number)
    case .array(let values):
      out.put(UInt8(8))
      out.put(UInt32(values.count))
      for value in values { value.encode(into: &out) }
    }
  }

  init(from reader: inout FieldReader, depth: Int) throws(StorageError) {
    switch try reader.integer(UInt8.self) {
    case 0: self = .null
    case 1: self = .int(try reader.integer())
    case 2: self = .uint(try reader.integer())
    case 3: self = .float(Double(bitPattern: try reader.integer()))
    case 4: self = .bytes(Array(try reader.counted()))
    case 6: self = .int128(try reader.integer())
    case 7: self = .uint128(try reader.integer())
    case let tag where tag == 5 || tag == 8:
      guard depth < StorageLimits.valueNestingMax else {
        throw reader.corrupt("a value nests deeper than \(StorageLimits.valueNestingMax)")
      }
      var values: [Value] = []
      for _ in 0..<(try reader.count(itemBytesMin: 1)) {
        values.append(try Value(from: &reader, depth: depth + 1))
      }
      self = tag == 5 ? .tuple(values) : .array(values)
    case let tag: throw reader.corrupt("unknown value tag \(tag)")
    }
  }
}
