internal import TickColumns

/// The directory of one stored column while its blocks are written, and its bytes: for each row group a piece in which
/// what is kept about the blocks packs as values do.
struct DirectoryBuilder {
  private var byteCounts: [UInt32] = []
  private var hasNaNs: [Bool] = []
  private var zones: [ZoneBounds?] = []
  private(set) var validCounts: [UInt16] = []

  var hasNaN: Bool { hasNaNs.contains(true) }

  mutating func append(_ summary: BlockSummary) {
    // A chunk stays below 4 GiB: 64 blocks of 8 MiB text, or one value of a gibibyte.
    byteCounts.append(UInt32(summary.byteCount))
    validCounts.append(UInt16(summary.validCount))
    hasNaNs.append(summary.hasNaN)
    zones.append(summary.bounds)
  }

  /// The piece of a row group whose blocks have these rows. `hasByteCounts`: its chunk holds them back to back.
  func piece(
    _ blocks: Range<Int>, rowCounts: [Int], type: PhysicalType, hasByteCounts: Bool
  ) -> [UInt8] {
    typealias Mark = SegmentFormat.DirectoryMark
    let zones = zones[blocks]
    let known = zones.compactMap { $0 }
    let hasNull = zip(blocks, rowCounts).contains { Int(validCounts[$0]) < $1 }
    let hasNaN = hasNaNs[blocks].contains(true)
    var out: [UInt8] = [
      (known.count == zones.count ? Mark.allBounds : 0) | (known.isEmpty ? Mark.noBounds : 0)
        | (hasNull ? Mark.validCounts : 0) | (hasNaN ? Mark.nanBitmap : 0)
    ]
    if !known.isEmpty, known.count < zones.count { out.appendBitmap(zones.map { $0 != nil }) }
    if hasNull { NumberStream.append(Array(validCounts[blocks]), into: &out) }
    if hasNaN { out.appendBitmap(Array(hasNaNs[blocks])) }
    if hasByteCounts { NumberStream.append(Array(byteCounts[blocks]), into: &out) }
    guard !known.isEmpty else { return out }
    switch type {
    case .float32, .float64:
      NumberStream.append(known.map { Double(bitPattern: $0.minimum) }, into: &out)
      NumberStream.append(known.map { Double(bitPattern: $0.maximum) }, into: &out)
    default:
      NumberStream.append(known.map(\.minimum), into: &out)
      NumberStream.append(known.map { $0.maximum &- $0.minimum }, into: &out)
    }
    return out
  }

  /// The bounds over all blocks; nil when no block has any.
  func bounds(_ type: PhysicalType) -> ZoneBounds? {
    var out: ZoneBounds?
    for case let zone? in zones {
      guard let sofar = out else {
        out = zone
        continue
      }
      let isLower = ZoneImage.rank(zone.minimum, type) < ZoneImage.rank(sofar.minimum, type)
      let isHigher = ZoneImage.rank(zone.maximum, type) > ZoneImage.rank(sofar.maximum, type)
      out = ZoneBounds(
        minimum: isLower ? zone.minimum : sofar.minimum,
        maximum: isHigher ? zone.maximum : sofar.maximum)
    }
    return out
  }
}

extension [UInt8] {
  fileprivate mutating func appendBitmap(_ marks: [Bool]) {
    for start in stride(from: 0, to: marks.count, by: 8) {
      var byte: UInt8 = 0
      for (bit, mark) in marks[start...].prefix(8).enumerated() where mark {
        byte |= 1 << UInt8(bit)
      }
      append(byte)
    }
  }
}
