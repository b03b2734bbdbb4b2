internal import CTickKernels

/// Values in a few ranges, each stored as the number of its range and its offset in it.
///
/// A block's differences are mostly small and rarely large, its prices nothing or near each other: one width for all
/// pays for the rare ones in every row, a few widths and a selector pay little. The kernel chooses the ranges
/// (`tick_plan_bins`).
struct BinPlan {
  private let values: [Int64]
  private let bins: [(base: Int64, width: Int, count: Int)]
  /// For each value the number of its bin.
  private let chosen: [UInt8]
  let selectors: IntegerPlan

  /// Nil where bins take no fewer bytes than `limit`, as far as the kernel can tell.
  init?(_ values: [Int64], _ shape: IntegerShape, below limit: Int) {
    guard values.count >= BinPlan.valuesMin, values.count <= BlockLimits.rowsMax else { return nil }
    var found = [tick_bin](repeating: tick_bin(), count: Int(TICK_BINS_MAX))
    var chosen = [UInt8](repeating: 0, count: values.count)
    var bytes = 0
    let count = unsafe tick_plan_bins(
      values, values.count, shape.isSigned ? 1 : 0, &bytes, &found, &chosen)
    guard count > 1, bytes < limit else { return nil }
    var counts = [UInt32](repeating: 0, count: count)
    unsafe tick_count_bins(chosen, chosen.count, count, &counts)
    self.values = values
    self.chosen = chosen
    bins = (0..<count).map { (found[$0].base, Int(found[$0].width), Int(counts[$0])) }
    selectors = planIntegers(chosen.map { Int64($0) }, BinPlan.selectorShape, .repeats)
  }

  /// Fewer values do not pay for the heads.
  private static let valuesMin = 16
  private static let selectorShape = IntegerShape(byteWidth: 1, isSigned: false)

  func byteCount(_ shape: IntegerShape) -> Int {
    var bytes = 2 + selectors.byteCount(BinPlan.selectorShape)
    for bin in bins {
      bytes += 1 + shape.shortByteCount(bin.base) + packedByteCount(bin.count, bin.width)
    }
    return bytes
  }

  func write(_ shape: IntegerShape, into out: inout [UInt8]) {
    out.append(EncodingID.bins.rawValue)
    out.append(UInt8(bins.count))
    for bin in bins {
      out.append(UInt8(bin.width))
      out.appendShort(shape.wrapped(bin.base))
    }
    selectors.write(BinPlan.selectorShape, into: &out)
    var offsets = bins.map { bin -> [UInt64] in
      var room: [UInt64] = []
      room.reserveCapacity(bin.count)
      return room
    }
    for i in 0..<values.count {
      let bin = Int(chosen[i])
      offsets[bin].append(UInt64(bitPattern: values[i] &- bins[bin].base))
    }
    for (bin, members) in zip(bins, offsets) { out.appendPacked(members, width: bin.width) }
  }
}
