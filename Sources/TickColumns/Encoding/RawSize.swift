/// How large values are before they are encoded: what limits of blocks and row groups count. Writer and reader
/// must agree to the byte; `storage-format/encodings.md` has the rule.

extension DataType {
  /// Raw bytes that each value takes whatever it is: numbers all of theirs, what has a length of its own (or of
  /// its type) 8, a tuple 1; and 1 for the mark of a nullable type.
  var rawHeadBytes: Int {
    let head =
      switch physical {
      case .int8, .uint8: 1
      case .int16, .uint16: 2
      case .int32, .uint32, .float32: 4
      case .int64, .uint64, .float64: 8
      case .int128, .uint128: 16
      case .string, .codes, .array: 8
      case .tuple, .nothing: 1
      }
    return head + (isNullable ? 1 : 0)
  }
}

extension Column {
  /// The raw bytes of each row as a value inside an array or a tuple has them.
  public var rawSizes: [Int] {
    var out = [Int](repeating: type.rawHeadBytes, count: count)
    switch values {
    case .string(let strings): for row in out.indices { out[row] += strings.length(at: row) }
    case .codes(let codes, let dictionary):
      for row in out.indices { out[row] += dictionary.values.length(at: Int(codes[row])) }
    case .tuple(let columns, _):
      for column in columns {
        for (row, size) in column.rawSizes.enumerated() { out[row] += size }
      }
    case .array(let arrays):
      let sizes = arrays.elements.rawSizes
      for row in out.indices { for element in arrays.range(at: row) { out[row] += sizes[element] } }
    case .int8, .int16, .int32, .int64, .int128, .uint8, .uint16, .uint32, .uint64, .uint128,
      .float32, .float64, .nothing:
      break
    }
    return out
  }
}
