/// Arrays, maps and tuples back into columns.
///
/// A nested value's elements lie in inner blocks of up to 1,024 values, one after the other, which are decoded as
/// blocks of a column are and collected here.
///
/// Invariants:
/// 1. Memory is bounded by the budget of raw bytes: it is paid before the values are made.
/// 2. Recursion is bounded by the type, whatever the bytes say.

/// What is collected of one node of a nested type.
final class NestedSink {
  private let type: DataType
  private var count = 0
  /// Of a node without elements.
  private var leaf: ColumnBuilder?
  /// Of an array one, of a tuple one for each element.
  private var children: [NestedSink] = []
  /// Where the arrays end.
  private var offsets = [0]

  init(_ type: DataType) {
    self.type = type
    switch type {
    case .tuple(let elements): children = elements.map { NestedSink($0.type) }
    default:
      if let element = type.elementType {
        children = [NestedSink(element)]
      } else {
        // LowCardinality has no dictionary here: its strings lie in the blocks.
        leaf = ColumnBuilder(type.withoutLowCardinality)
      }
    }
  }

  /// Reads a block of so many rows and pays their raw bytes.
  func append(
    rows: Int, from reader: inout BlockReader, budget: inout Int
  ) throws(EncodingError) {
    // At most 1,024 rows of 17 bytes.
    try pay(rows * type.rawHeadBytes, from: &budget)
    count += rows
    if leaf != nil {
      let column = try decodeInnerBlock(
        type.withoutLowCardinality, rows: rows, from: &reader, rawBytesMax: budget)
      if case .string(let strings) = column.values {
        try pay(strings.bytes.count, from: &budget)
      }
      leaf?.append(contentsOf: column)
      return
    }
    let flags = try reader.number(UInt8.self)
    guard flags == 0 else { throw EncodingError(.badFlags(flags)) }
    if case .tuple = type {
      for child in children { try child.append(rows: rows, from: &reader, budget: &budget) }
      return
    }
    var lengths = [UInt32](repeating: 0, count: rows)
    unsafe try lengths.withMutablePointer { (pointer) throws(EncodingError) in
      unsafe try decodeIntegers(&reader, count: rows, into: pointer, depth: 1)
    }
    var end = offsets[offsets.count - 1]
    // At most 1,024 lengths of 32 bits: no overflow.
    let total = lengths.reduce(0) { $0 + Int($1) }
    guard total <= budget else { throw EncodingError(.tooLarge(bytes: total)) }
    for length in lengths {
      end += Int(length)
      offsets.append(end)
    }
    var rest = total
    while rest > 0 {
      let piece = min(rest, BlockLimits.rowsMax)
      try children[0].append(rows: piece, from: &reader, budget: &budget)
      rest -= piece
    }
  }

  private func pay(_ bytes: Int, from budget: inout Int) throws(EncodingError) {
    guard bytes <= budget else { throw EncodingError(.tooLarge(bytes: bytes)) }
    budget -= bytes
  }

  /// The column of everything that was read.
  func finish() -> Column {
    if let column = leaf?.finish() {
      guard case .lowCardinality = type, case .string(let strings) = column.values else {
        return column
      }
      var codes = DictionaryBuilder(reserving: column.count)
      for row in 0..<strings.count { codes.append(strings[row]) }
      return Column(type, codes.finish(), validity: column.validity)
    }
    let columns = children.map { $0.finish() }
    if case .tuple = type { return Column(type, .tuple(columns, count: count)) }
    return Column(type, .array(ArrayValues(offsets: offsets, elements: columns[0])))
  }
}
