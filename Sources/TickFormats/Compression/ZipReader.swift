import TickColumns

/// zip archives as a stream: members stored or deflated, with sizes before or behind their data, zip64 included.
///
/// Members are read in their order in the file. The directory at the end is not needed to find them, but must be
/// there and count them: an archive that was cut off between two members would look whole otherwise.
///
/// Invariants:
/// 1. Size and CRC-32 of every member are verified before its end is passed.
/// 2. Encrypted members, other methods and stored members of unknown size are refused with 48.
struct ZipReader: ~Copyable {
  private var state = State.betweenRecords
  private var inflater: InflateStream
  private var member = Member()
  private var memberCount = 0
  private var directoryCount = 0
  /// What the archive calls the current member. Nothing is opened by it.
  private var name: String?

  private enum State {
    /// The next four bytes say what comes.
    case betweenRecords
    case stored(remaining: Int)
    case deflated
    case descriptor
    /// The rest of a record of which only the length matters.
    case skipping(remaining: Int)
    case done
  }

  /// What is known of the current member.
  private struct Member {
    var crc: UInt32 = 0
    var packedSize = 0
    var plainSize = 0
    var hasDescriptor = false
    var isZip64 = false
    var packedSeen = 0
    var plainSeen = 0
    var crcSeen: UInt32 = 0
  }

  init() throws(FormatError) {
    inflater = try InflateStream(.raw)
  }

  /// The next piece of a member's data; the others become the position and the name of that member.
  mutating func next(
    _ input: inout ByteQueue, _ memberIndex: inout Int, _ memberName: inout String?
  ) throws(FormatError) -> [UInt8]? {
    while true {
      switch state {
      case .betweenRecords:
        if try !readRecord(&input) { return nil }
      case .stored(let remaining):
        if remaining == 0 {
          try endData()
          continue
        }
        guard let piece = input.take(min(remaining, Decompressor.pieceBytesMax)) else { return nil }
        state = .stored(remaining: remaining - piece.count)
        count(piece, packed: piece.count)
        memberIndex = memberCount - 1
        memberName = name
        return piece
      case .deflated:
        let step = try inflater.step(input.waiting, outputMax: Decompressor.pieceBytesMax)
        input.drop(step.consumed)
        count(step.output, packed: step.consumed)
        if step.isEnd { try endData() }
        if !step.output.isEmpty {
          memberIndex = memberCount - 1
          memberName = name
          return step.output
        }
        if !step.isEnd, step.consumed == 0 { return nil }
      case .descriptor:
        if try !readDescriptor(&input) { return nil }
      case .skipping(let remaining):
        guard remaining > 0 else {
          state = .betweenRecords
          continue
        }
        guard let skipped = input.take(min(remaining, Decompressor.pieceBytesMax)) else {
          return nil
        }
        state = .skipping(remaining: remaining - skipped.count)
      case .done:
        // A comment may follow the end record; it says nothing about members.
        input.drop(input.count)
        return nil
      }
    }
  }

  func finish() throws(FormatError) {
    guard case .done = state else {
      throw FormatError(.cannotDecompress, "the zip archive is cut off")
    }
  }

  private mutating func count(_ piece: [UInt8], packed: Int) {
    member.packedSeen += packed
    member.plainSeen += piece.count
    member.crcSeen = InflateStream.crc32(piece, continuing: member.crcSeen)
  }

  /// Reads one header. Returns false when it is not all there yet.
  private mutating func readRecord(_ input: inout ByteQueue) throws(FormatError) -> Bool {
    let signature = input.head(4)
    guard signature.count == 4 else { return false }
    switch Array(signature) {
    case [0x50, 0x4B, 0x03, 0x04]: return try readLocalHeader(&input)
    case [0x50, 0x4B, 0x01, 0x02]:
      let head = input.head(46)
      guard head.count == 46 else { return false }
      directoryCount += 1
      let length = Int(head.little16(28)) + Int(head.little16(30)) + Int(head.little16(32))
      input.drop(46)
      state = .skipping(remaining: length)
      return true
    case [0x50, 0x4B, 0x06, 0x06]:
      let head = input.head(12)
      guard head.count == 12 else { return false }
      guard let length = Int(exactly: head.little64(4)), length < 1 << 20 else {
        throw FormatError(.cannotDecompress, "damaged zip archive: an end record without end")
      }
      input.drop(12)
      state = .skipping(remaining: length)
      return true
    case [0x50, 0x4B, 0x06, 0x07]:
      state = .skipping(remaining: 20)
      return true
    case [0x50, 0x4B, 0x05, 0x06]:
      let head = input.head(22)
      guard head.count == 22 else { return false }
      guard directoryCount == memberCount,
        head.little16(10) == UInt16(truncatingIfNeeded: memberCount) || head.little16(10) == 0xFFFF
      else {
        throw FormatError(
          .cannotDecompress,
          "damaged zip archive: \(memberCount) members, \(directoryCount) in the directory")
      }
      input.drop(22)
      state = .done
      return true
    default:
      throw FormatError(.cannotDecompress, "damaged zip archive: no header where a member ended")
    }
  }

  private mutating func readLocalHeader(_ input: inout ByteQueue) throws(FormatError) -> Bool {
    let head = input.head(30)
    guard head.count == 30 else { return false }
    let length = 30 + Int(head.little16(26)) + Int(head.little16(28))
    let record = input.head(length)
    guard record.count == length else { return false }
    let flags = head.little16(6)
    let method = head.little16(8)
    guard flags & 0x2041 == 0 else {
      throw FormatError(.notImplemented, "encrypted zip members are not supported")
    }
    member = Member()
    member.hasDescriptor = flags & 8 != 0
    member.crc = head.little32(14)
    member.packedSize = Int(head.little32(18))
    member.plainSize = Int(head.little32(22))
    readZip64Sizes(record, from: 30 + Int(head.little16(26)))
    switch method {
    case 0:
      guard !member.hasDescriptor else {
        throw FormatError(
          .notImplemented, "a stored zip member that does not say its size is not supported")
      }
      guard member.packedSize == member.plainSize else {
        throw FormatError(.cannotDecompress, "damaged zip archive: a stored member of two sizes")
      }
      state = .stored(remaining: member.packedSize)
    case 8:
      inflater.reset()
      state = .deflated
    default:
      throw FormatError(
        .notImplemented, "zip compression method \(method) is not supported: use deflate or store")
    }
    memberCount += 1
    name = String(decoding: record[30..<30 + Int(head.little16(26))], as: UTF8.self)
    input.drop(length)
    return true
  }

  /// The extra field with 64-bit sizes, where the header has 0xFFFFFFFF.
  private mutating func readZip64Sizes(_ record: [UInt8], from start: Int) {
    var at = start
    while at + 4 <= record.count {
      let id = record.little16(at)
      let end = at + 4 + Int(record.little16(at + 2))
      at += 4
      guard end <= record.count else { return }
      if id == 1 {
        member.isZip64 = true
        if member.plainSize == 0xFFFF_FFFF, at + 8 <= end {
          member.plainSize = Int(clamping: record.little64(at))
          at += 8
        }
        if member.packedSize == 0xFFFF_FFFF, at + 8 <= end {
          member.packedSize = Int(clamping: record.little64(at))
        }
      }
      at = end
    }
  }

  private mutating func endData() throws(FormatError) {
    if member.hasDescriptor {
      state = .descriptor
      return
    }
    try checkMember()
    state = .betweenRecords
  }

  /// The sizes behind the data; the signature before them is optional.
  private mutating func readDescriptor(_ input: inout ByteQueue) throws(FormatError) -> Bool {
    let width = member.isZip64 ? 8 : 4
    let head = input.head(4)
    guard head.count == 4 else { return false }
    let offset = head == [0x50, 0x4B, 0x07, 0x08] ? 4 : 0
    let length = offset + 4 + 2 * width
    let record = input.head(length)
    guard record.count == length else { return false }
    member.crc = record.little32(offset)
    member.packedSize =
      width == 8
      ? Int(clamping: record.little64(offset + 4)) : Int(record.little32(offset + 4))
    member.plainSize =
      width == 8
      ? Int(clamping: record.little64(offset + 12)) : Int(record.little32(offset + 8))
    input.drop(length)
    try checkMember()
    state = .betweenRecords
    return true
  }

  private func checkMember() throws(FormatError) {
    // Without zip64 a descriptor holds sizes modulo 2^32.
    let mask = member.hasDescriptor && !member.isZip64 ? 0xFFFF_FFFF : Int.max
    guard member.plainSeen & mask == member.plainSize,
      member.packedSeen & mask == member.packedSize,
      member.crcSeen == member.crc
    else {
      throw FormatError(
        .cannotDecompress,
        "damaged zip archive: member \(memberCount) has other bytes than its header says")
    }
  }
}

extension Array<UInt8> {
  fileprivate func little16(_ at: Int) -> UInt16 {
    UInt16(self[at]) | UInt16(self[at + 1]) << 8
  }

  fileprivate func little32(_ at: Int) -> UInt32 {
    UInt32(little16(at)) | UInt32(little16(at + 2)) << 16
  }

  fileprivate func little64(_ at: Int) -> UInt64 {
    UInt64(little32(at)) | UInt64(little32(at + 4)) << 32
  }
}
