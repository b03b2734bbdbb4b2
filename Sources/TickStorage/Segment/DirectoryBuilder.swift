internal import TickColumns

/// The directory's arrays of one stored column.
struct DirectoryBuilder {
  private var offsets: [UInt32] = []
  private var marks: [UInt16] = []
  private var zones: [ZoneBounds] = []

  var hasNaN: Bool { marks.contains { $0 & SegmentFormat.BlockMark.hasNaN != 0 } }
  var validCounts: [Int] { marks.map { Int($0 & SegmentFormat.BlockMark.validMask) } }

  mutating func append(offset: Int, _ summary: BlockSummary) {
    // A chunk stays below 4 GiB: 64 blocks of 8 MiB text, or one value of a gibibyte.
    offsets.append(UInt32(offset))
    marks.append(
      UInt16(summary.validCount) | (summary.hasNaN ? SegmentFormat.BlockMark.hasNaN : 0)
        | (summary.bounds == nil ? 0 : SegmentFormat.BlockMark.hasBounds))
    zones.append(summary.bounds ?? ZoneBounds(minimum: 0, maximum: 0))
  }

  func append(to out: inout [UInt8]) {
    for offset in offsets { out.appendLittleEndian(offset) }
    out.padWithZeros(toMultipleOf: 8)
    for mark in marks { out.appendLittleEndian(mark) }
    out.padWithZeros(toMultipleOf: 8)
    for zone in zones { out.appendLittleEndian(zone.minimum) }
    for zone in zones { out.appendLittleEndian(zone.maximum) }
  }

  /// The bounds over all blocks; nil when no block has any.
  func bounds(_ type: PhysicalType) -> ZoneBounds? {
    var out: ZoneBounds?
    for (mark, zone) in zip(marks, zones) where mark & SegmentFormat.BlockMark.hasBounds != 0 {
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
