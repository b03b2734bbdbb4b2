/// Strings into the stream that takes the fewest bytes.

indirect enum StringPlan {
  /// Without lengths where all strings are as long as their type.
  case plain(IntegerPlan?, bytes: [UInt8])
  case constant([UInt8], StringShape)
  case runLength(lengths: IntegerPlan, runs: Int, StringPlan)
  case dictionary(StringPlan, entries: Int, codes: IntegerPlan)

  var byteCount: Int {
    switch self {
    case .plain(let lengths, let bytes):
      1 + (lengths?.byteCount(arrayLengths) ?? 0) + bytes.count
    case .constant(let bytes, let shape): (shape == .free ? 5 : 1) + bytes.count
    case .runLength(let lengths, _, let inner):
      3 + lengths.byteCount(.smallNumbers) + inner.byteCount
    case .dictionary(let inner, _, let codes):
      3 + inner.byteCount + codes.byteCount(.smallNumbers)
    }
  }

  func write(into out: inout [UInt8]) {
    switch self {
    case .plain(let lengths, let bytes):
      if let lengths {
        out.append(EncodingID.plainStrings.rawValue)
        lengths.write(arrayLengths, into: &out)
      } else {
        out.append(EncodingID.plain.rawValue)
      }
      out += bytes
    case .constant(let bytes, let shape):
      out.append(EncodingID.constant.rawValue)
      if shape == .free { out.appendLittleEndian(UInt32(bytes.count)) }
      out += bytes
    case .runLength(let lengths, let runs, let inner):
      out.appendRunLengths(lengths, runs: runs)
      inner.write(into: &out)
    case .dictionary(let inner, let entries, let codes):
      out.append(EncodingID.dictionary.rawValue)
      out.appendLittleEndian(UInt16(entries))
      inner.write(into: &out)
      codes.write(.smallNumbers, into: &out)
    }
  }
}

/// Lengths of strings and of arrays.
let arrayLengths = IntegerShape(byteWidth: 4, isSigned: false)

/// The cheapest stream of the strings at these rows, of which there is at least one.
func planStrings(_ strings: StringValues, rows: [Int], _ shape: StringShape) -> StringPlan {
  var starts: [Int] = []
  var lengths: [UInt64] = []
  for (i, row) in rows.enumerated() {
    if i > 0, strings[rows[i - 1]] == strings[row] {
      lengths[lengths.count - 1] += 1
    } else {
      starts.append(row)
      lengths.append(0)
    }
  }
  if starts.count == 1 { return .constant(Array(strings[rows[0]]), shape) }

  var best = planPlain(strings, rows: rows, shape)
  func consider(_ plan: StringPlan?) {
    if let plan, plan.byteCount < best.byteCount { best = plan }
  }
  consider(planDictionary(strings, shape, starts: starts, lengths: lengths, rowCount: rows.count))
  if starts.count * 2 <= rows.count {
    consider(
      .runLength(
        lengths: planRunLengths(lengths.map { Int64(bitPattern: $0) }), runs: starts.count,
        planPlain(strings, rows: starts, shape)))
  }
  return best
}

/// Nil where more than half of the strings are distinct. Runs (of `lengths` plus 1 rows) are looked up once.
private func planDictionary(
  _ strings: StringValues, _ shape: StringShape, starts: [Int], lengths: [UInt64], rowCount: Int
) -> StringPlan? {
  var codeOf: [ArraySlice<UInt8>: Int] = [:]
  var firstRows: [Int] = []
  var codes: [UInt64] = []
  codes.reserveCapacity(rowCount)
  for (start, length) in zip(starts, lengths) {
    let string = strings[start]
    let code: Int
    if let known = codeOf[string] {
      code = known
    } else {
      guard firstRows.count * 2 < rowCount else { return nil }
      code = firstRows.count
      codeOf[string] = code
      firstRows.append(start)
    }
    codes.append(contentsOf: repeatElement(UInt64(code), count: Int(length) + 1))
  }
  // Ascending entries make codes ascend with text.
  let order = firstRows.indices.sorted {
    StringValues.compare(strings[firstRows[$0]], strings[firstRows[$1]]) < 0
  }
  var places = [UInt64](repeating: 0, count: order.count)
  for (place, entry) in order.enumerated() { places[entry] = UInt64(place) }
  return .dictionary(
    planPlain(strings, rows: order.map { firstRows[$0] }, shape), entries: order.count,
    codes: planCodes(codes.map { places[Int($0)] }))
}

private func planPlain(
  _ strings: StringValues, rows: [Int], _ shape: StringShape
) -> StringPlan {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(rows.reduce(0) { $0 + strings.length(at: $1) })
  for row in rows { bytes += strings[row] }
  guard shape == .free else { return .plain(nil, bytes: bytes) }
  let lengths = rows.map { Int64(strings.length(at: $0)) }
  return .plain(planIntegers(lengths, arrayLengths, .values), bytes: bytes)
}
