/// The bytes of a manifest file: the only place with its offsets. The page is storage-format/manifest.md.
internal import TickColumns

enum ManifestFile {
  static let headerBytes = 64
  static let recordHeaderBytes = 32
  /// Counters and the number of actions.
  static let payloadBytesMin = 36
  // On disk: do not change.
  static let magic: [UInt8] = [0x54, 0x4B, 0x4D, 0x41, 0x4E, 0x49, 0x46, 0x00]
  static let recordMagic: UInt32 = 0x4445_4B54  // "TKED"

  enum Kind: UInt16 {
    case checkpoint = 1
    case edit = 2
  }

  static func name(generation: UInt64) -> String { "MANIFEST-" + hexadecimal(generation) }

  /// The generation in a file name; nil for any other name.
  static func generation(of name: String) -> UInt64? {
    guard name.hasPrefix("MANIFEST-") else { return nil }
    return number(hexadecimal: name.dropFirst("MANIFEST-".count))
  }

  static func header(generation: UInt64, identity: UInt64) -> [UInt8] {
    var out = FieldWriter()
    out.put(magic)
    out.put(FormatVersion.major)
    out.put(FormatVersion.minor)
    out.put(UInt32(0))  // feature bits
    out.put(generation)
    out.put(identity)
    out.put(zeros: 28)
    out.put(crc32c(out.bytes[...]))
    return out.bytes
  }

  static func record(
    _ kind: Kind, lsn: LSN, counters: ManifestCounters, actions: [ManifestAction], previous: UInt32
  ) throws(StorageError) -> [UInt8] {
    var out = FieldWriter()
    out.put(recordMagic)
    out.put(UInt32(0))
    out.put(UInt32(0))
    out.put(previous)
    out.put(lsn)
    out.put(kind.rawValue)
    out.put(zeros: 6)
    out.put(counters.nextSequence)
    out.put(counters.nextTableID)
    out.put(counters.nextFileID)
    out.put(counters.logLSN)
    out.put(UInt32(actions.count))
    for action in actions { action.encode(into: &out) }
    out.pad(to: 8)
    guard out.count <= StorageLimits.manifestRecordBytesMax else {
      throw .limit(
        "one change of \(out.count) bytes; the manifest takes "
          + "\(StorageLimits.manifestRecordBytesMax)")
    }
    out.patch(UInt32(out.count), at: 8)
    out.patch(crc32c(out.bytes[8...]), at: 4)
    return out.bytes
  }

  static func current(naming name: String) -> [UInt8] {
    Array("\(name) \(hexadecimal(crc32c(ArraySlice(name.utf8))))\n".utf8)
  }

  /// The generation that CURRENT names.
  static func generation(inCurrent bytes: [UInt8]) throws(StorageError) -> UInt64 {
    let text = String(decoding: bytes, as: UTF8.self)
    let name = String(text.prefix { $0 != " " })
    guard let generation = generation(of: name), current(naming: name) == bytes else {
      throw .corrupt(path: "CURRENT", offset: 0, detail: "it does not name a manifest")
    }
    return generation
  }
}

/// What a manifest file says, and where it ends.
struct ManifestContents: Sendable {
  var generation: UInt64
  var identity: UInt64
  var state = ManifestState()
  var checkpointLSN: LSN = 0
  /// LSNs of the edits after the checkpoint.
  var editLSNs: [LSN] = []
  /// The end of the last whole record.
  var end = ManifestFile.headerBytes
  var lastRecord = ManifestFile.headerBytes..<ManifestFile.headerBytes
  /// The checksum that the next record is chained to.
  var checksum: UInt32
  /// Bytes after `end` that no record owns: the torn end of the last write.
  var tornBytes = 0
  var recordCount: Int { editLSNs.count + 1 }

  /// Reads a whole file. Throws `.corrupt` for everything that is not a torn end.
  init(
    _ bytes: [UInt8], path: String, generation: UInt64, verifiesChecksums: Bool = true
  ) throws(StorageError) {
    var reader = FieldReader(bytes[...], path: path, fileOffset: 0)
    guard try Array(reader.take(8)) == ManifestFile.magic else {
      throw .corrupt(path: path, offset: 0, detail: "this is not a manifest")
    }
    let major: UInt16 = try reader.integer()
    let minor: UInt16 = try reader.integer()
    let incompat: UInt32 = try reader.integer()
    let written: UInt64 = try reader.integer()
    identity = try reader.integer()
    try reader.skip(28)
    checksum = try reader.integer()
    guard crc32c(bytes[..<60]) == checksum else {
      throw .corrupt(path: path, offset: 60, detail: "the header's checksum is wrong")
    }
    try FormatVersion.require(major: major, minor: minor, incompat: UInt64(incompat), path: path)
    guard written == generation else {
      throw .corrupt(path: path, offset: 16, detail: "this is generation \(written)")
    }
    self.generation = generation
    while end < bytes.count {
      guard
        let length = wholeRecord(bytes, at: end, verifies: verifiesChecksums),
        word(bytes, at: end + 12) == checksum
      else { break }
      try apply(bytes[end..<end + length], path: path)
    }
    guard state.lsn > 0 || end > ManifestFile.headerBytes else {
      throw .corrupt(path: path, offset: end, detail: "the checkpoint is missing or damaged")
    }
    tornBytes = bytes.count - end
    if let later = laterRecord(bytes) {
      throw .corrupt(
        path: path, offset: end,
        detail: "a damaged record is followed by a whole one at byte \(later)")
    }
  }

  private mutating func apply(_ record: ArraySlice<UInt8>, path: String) throws(StorageError) {
    var reader = FieldReader(record, path: path, fileOffset: end)
    _ = try reader.take(4)
    let checksum: UInt32 = try reader.integer()
    _ = try reader.take(8)
    let lsn: LSN = try reader.integer()
    let kind = ManifestFile.Kind(rawValue: try reader.integer())
    try reader.skip(6)
    let isFirst = end == ManifestFile.headerBytes
    guard kind == (isFirst ? .checkpoint : .edit) else {
      throw .corrupt(path: path, offset: end + 24, detail: "a record of the wrong kind")
    }
    guard isFirst || lsn > state.lsn else {
      throw .corrupt(
        path: path, offset: end + 16, detail: "LSN \(lsn) does not follow \(state.lsn)")
    }
    let counters = ManifestCounters(
      nextSequence: try reader.integer(), nextTableID: try reader.integer(),
      nextFileID: try reader.integer(), logLSN: try reader.integer())
    var actions: [ManifestAction] = []
    for _ in 0..<(try reader.count(itemBytesMin: 8)) {
      actions.append(try ManifestAction(from: &reader, path: path))
    }
    guard reader.remaining < 8 else { throw reader.corrupt("bytes after the last action") }
    try reader.skip(reader.remaining)
    do {
      try state.apply(actions, lsn: lsn)
      try state.raise(to: counters)
    } catch {
      throw .corrupt(
        path: path, offset: end, detail: "the edit contradicts the state: \(error.sentence)")
    }
    if isFirst { checkpointLSN = lsn } else { editLSNs.append(lsn) }
    lastRecord = end..<end + record.count
    end += record.count
    self.checksum = checksum
  }

  /// Where a whole record starts at or after the damage, whatever its chain says; nil for a torn end.
  private func laterRecord(_ bytes: [UInt8]) -> Int? {
    var position = end
    while position + ManifestFile.recordHeaderBytes <= bytes.count {
      if wholeRecord(bytes, at: position, verifies: true) != nil { return position }
      position += 8
    }
    return nil
  }
}

/// The length of the record at `position` when its mark, length and checksum are right.
private func wholeRecord(_ bytes: [UInt8], at position: Int, verifies: Bool) -> Int? {
  guard bytes.count - position >= ManifestFile.recordHeaderBytes + ManifestFile.payloadBytesMin,
    word(bytes, at: position) == ManifestFile.recordMagic
  else { return nil }
  let length = Int(word(bytes, at: position + 8))
  guard length % 8 == 0, length <= StorageLimits.manifestRecordBytesMax,
    length >= ManifestFile.recordHeaderBytes + ManifestFile.payloadBytesMin,
    length <= bytes.count - position
  else { return nil }
  guard
    !verifies
      || crc32c(bytes[position + 8..<position + length]) == word(bytes, at: position + 4)
  else { return nil }
  return length
}

/// Four bytes at a position that is known to be inside.
func word(_ bytes: [UInt8], at position: Int) -> UInt32 {
  UInt32(bytes[position]) | UInt32(bytes[position + 1]) << 8 | UInt32(bytes[position + 2]) << 16
    | UInt32(bytes[position + 3]) << 24
}
