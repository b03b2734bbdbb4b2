public import TickColumns

/// Where the bytes of an aggregate function's state end: `StateLayout`, read without looking at what the values say.
///
/// Invariants are those of `BinaryShape`.
indirect enum StateShape: Sendable {
  case count
  case cell(BinaryShape)
  case choice(BinaryShape)
  /// A choice of strings.
  case text
  case list(BinaryShape)
  case marked(StateShape)
  case sequence([StateShape])

  init(_ layout: StateLayout) {
    switch layout {
    case .count: self = .count
    case .cell(let type): self = .cell(BinaryShape(type))
    case .choice(let type): self = type == .string ? .text : .choice(BinaryShape(type))
    case .list(let type): self = .list(BinaryShape(type))
    // Each cell has its length before it, as strings have.
    case .sizedList: self = .list(.string)
    case .marked(let inner): self = .marked(StateShape(inner))
    case .sequence(let parts): self = .sequence(parts.map { StateShape($0) })
    }
  }

  /// Moves `at` behind the state; false when `end` comes first. Throws for lengths over the limit.
  func skip(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) throws(FormatError) -> Bool {
    switch self {
    case .count: return try readVarUInt(bytes, &at, end) != nil
    case .cell(let shape): return try shape.skip(bytes, &at, end)
    case .list(let shape): return try BinaryShape.array(shape).skip(bytes, &at, end)
    case .text:
      guard let length = try readTextLength(bytes, &at, end) else { return false }
      guard length <= end - at else { return false }
      at += length
      return true
    case .choice(let shape):
      guard let isThere = try readMark(bytes, &at, end) else { return false }
      return isThere ? try shape.skip(bytes, &at, end) : true
    case .marked(let inner):
      guard let isThere = try readMark(bytes, &at, end) else { return false }
      return isThere ? try inner.skip(bytes, &at, end) : true
    case .sequence(let parts):
      for part in parts { guard try part.skip(bytes, &at, end) else { return false } }
      return true
    }
  }
}

/// A byte that says whether something follows; nil when more bytes are needed.
private func readMark(
  _ bytes: Span<UInt8>, _ at: inout Int, _ end: Int
) throws(FormatError) -> Bool? {
  guard at < end else { return nil }
  guard bytes[at] <= 1 else {
    throw FormatError(.incorrectData, "\(bytes[at]) as a mark in a state: 0 or 1 is expected")
  }
  at += 1
  return bytes[at - 1] == 1
}

/// The bytes of a chosen string with the zero behind it, 0 where there is none; nil when more bytes are needed.
private func readTextLength(
  _ bytes: Span<UInt8>, _ at: inout Int, _ end: Int
) throws(FormatError) -> Int? {
  guard end - at >= 4 else { return nil }
  var bits: UInt32 = 0
  for i in 0..<4 { bits |= UInt32(bytes[at + i]) << UInt32(8 * i) }
  at += 4
  let length = Int32(bitPattern: bits)
  if length == -1 { return 0 }
  guard length > 0, length <= FormatLimits.valueBytesMax else {
    throw FormatError(.incorrectData, "\(length) as the length of a string in a state")
  }
  return Int(length)
}

/// Many states read side by side, part by part in the order of their layout.
///
/// Invariants:
/// 1. Nothing is read outside of a state, whatever its bytes say: what is cut short is error 32.
/// 2. What comes out keeps the invariants of `Column`, or an error is thrown.
public struct StateReader {
  /// Held by another name while places are moved: a span of the property would hold all of the reader.
  private let bytes: [UInt8]
  /// Where the next part of each state begins.
  private var places: [Int]
  private var ends: [Int]

  public init(_ states: StringValues) {
    bytes = states.bytes
    places = Array(states.offsets.dropLast())
    ends = Array(states.offsets.dropFirst())
  }

  public var count: Int { places.count }

  /// The states at the positions, from where this one is.
  public func part(_ positions: [Int32]) -> StateReader {
    var part = self
    part.places = positions.map { places[Int($0)] }
    part.ends = positions.map { ends[Int($0)] }
    return part
  }

  /// Goes on behind what `part` has read of the states at the positions.
  public mutating func advance(_ positions: [Int32], behind part: StateReader) {
    for (i, position) in positions.enumerated() { places[Int(position)] = part.places[i] }
  }

  private static var cut: FormatError {
    FormatError(.attemptToReadAfterEndOfFile, "the state of an aggregate function is cut short")
  }

  public mutating func counts() throws(FormatError) -> [UInt64] {
    let bytes = bytes
    var out: [UInt64] = []
    out.reserveCapacity(count)
    for i in places.indices {
      guard let value = try readVarUInt(bytes.span, &places[i], ends[i]) else { throw Self.cut }
      out.append(value)
    }
    return out
  }

  public mutating func marks() throws(FormatError) -> [UInt8] {
    let bytes = bytes
    var out: [UInt8] = []
    out.reserveCapacity(count)
    for i in places.indices {
      guard let mark = try readMark(bytes.span, &places[i], ends[i]) else { throw Self.cut }
      out.append(mark ? 1 : 0)
    }
    return out
  }

  public mutating func cells(_ type: DataType) throws(FormatError) -> Column {
    let bytes = bytes
    let starts = places
    let shape = BinaryShape(type)
    for i in places.indices {
      guard try shape.skip(bytes.span, &places[i], ends[i]) else { throw Self.cut }
    }
    return try binaryColumn(type, bytes.span, starts: starts)
  }

  /// Which states hold a value, and the values of these.
  public mutating func choices(
    _ type: DataType
  ) throws(FormatError) -> (marks: [UInt8], values: Column) {
    if type == .string { return try texts() }
    let bytes = bytes
    let marks = try marks()
    let shape = BinaryShape(type)
    var starts: [Int] = []
    for i in places.indices where marks[i] != 0 {
      starts.append(places[i])
      guard try shape.skip(bytes.span, &places[i], ends[i]) else { throw Self.cut }
    }
    return (marks, try binaryColumn(type, bytes.span, starts: starts))
  }

  private mutating func texts() throws(FormatError) -> (marks: [UInt8], values: Column) {
    let bytes = bytes
    var marks: [UInt8] = []
    var values = StringValues()
    for i in places.indices {
      guard let length = try readTextLength(bytes.span, &places[i], ends[i]),
        length <= ends[i] - places[i]
      else { throw Self.cut }
      marks.append(length == 0 ? 0 : 1)
      guard length > 0 else { continue }
      let last = places[i] + length - 1
      guard bytes[last] == 0 else {
        throw FormatError(.incorrectData, "a string in a state without the zero behind it")
      }
      values.append(bytes[places[i]..<last])
      places[i] = last + 1
    }
    return (marks, Column(.string, .string(values)))
  }

  public mutating func lists(
    _ type: DataType, areSized: Bool
  ) throws(FormatError) -> ArrayValues {
    let bytes = bytes
    let shape = areSized ? BinaryShape.string : BinaryShape(type)
    let cell = BinaryShape(type)
    var offsets = [0]
    var starts: [Int] = []
    for i in places.indices {
      guard let length = try readLength(bytes.span, &places[i], ends[i]) else { throw Self.cut }
      for _ in 0..<length {
        var start = places[i]
        guard try shape.skip(bytes.span, &places[i], ends[i]) else { throw Self.cut }
        if areSized {
          _ = try readLength(bytes.span, &start, ends[i])
          var end = start
          guard try cell.skip(bytes.span, &end, places[i]), end == places[i] else {
            throw FormatError(.incorrectData, "a value of another length in a state")
          }
        }
        starts.append(start)
      }
      offsets.append(starts.count)
    }
    return ArrayValues(
      offsets: offsets, elements: try binaryColumn(type, bytes.span, starts: starts))
  }

  /// Every state must have been read to its end.
  public func finish() throws(FormatError) {
    for i in places.indices where places[i] != ends[i] {
      throw FormatError(
        .badArguments,
        "the state of an aggregate function has \(ends[i] - places[i]) trailing bytes")
    }
  }
}

/// The parts of many states, written side by side.
public enum StateWriter {
  public static func counts(_ values: [UInt64]) -> StringValues {
    joined(count: values.count) { row, out in out.appendVarUInt(values[row]) }
  }

  public static func marks(_ marks: [UInt8]) -> StringValues {
    StringValues(offsets: Array(0...marks.count), bytes: marks)
  }

  public static func cells(_ column: Column) -> StringValues { column.binaryCells() }

  /// The values where `marks` is 1, and nothing where it is 0.
  public static func choices(_ column: Column, _ marks: [UInt8]) -> StringValues {
    if column.type == .string, case .string(let strings) = column.values {
      return joined(count: marks.count) { row, out in
        guard marks[row] != 0 else { return out.append(contentsOf: [0xFF, 0xFF, 0xFF, 0xFF]) }
        out.appendLittleEndian(UInt32(truncatingIfNeeded: strings.length(at: row) + 1))
        out += strings[row]
        out.append(0)
      }
    }
    let cells = column.binaryCells()
    return joined(count: marks.count) { row, out in
      out.append(marks[row])
      if marks[row] != 0 { out += cells[row] }
    }
  }

  public static func lists(_ arrays: ArrayValues, areSized: Bool) -> StringValues {
    let cells = arrays.elements.binaryCells()
    return joined(count: arrays.count) { row, out in
      let range = arrays.range(at: row)
      out.appendVarUInt(UInt64(range.count))
      for i in range {
        if areSized { out.appendVarUInt(UInt64(cells.length(at: i))) }
        out += cells[i]
      }
    }
  }

  /// Part behind part.
  public static func sequence(_ parts: [StringValues]) -> StringValues {
    joined(count: parts.first?.count ?? 0) { row, out in
      for part in parts { out += part[row] }
    }
  }

  /// A mark and, where it is 1, the state.
  public static func marked(_ states: StringValues, _ marks: [UInt8]) -> StringValues {
    joined(count: marks.count) { row, out in
      out.append(marks[row])
      if marks[row] != 0 { out += states[row] }
    }
  }
}

/// Checks that each value is one whole state, and no more.
public func checkStates(
  _ states: StringValues, _ type: AggregateStateType
) throws(FormatError) {
  var reader = StateReader(states)
  try reader.check(type.layout)
  try reader.finish()
}

extension StateReader {
  /// Reads a part as columns, so that what it says is checked as well.
  fileprivate mutating func check(_ layout: StateLayout) throws(FormatError) {
    switch layout {
    case .count: _ = try counts()
    case .cell(let type): _ = try cells(type)
    case .choice(let type): _ = try choices(type)
    case .list(let type): _ = try lists(type, areSized: false)
    case .sizedList(let type): _ = try lists(type, areSized: true)
    case .marked(let inner):
      let marks = try marks()
      let positions = marks.indices.filter { marks[$0] != 0 }.map {
        Int32(truncatingIfNeeded: $0)
      }
      var rest = part(positions)
      try rest.check(inner)
      advance(positions, behind: rest)
    case .sequence(let parts): for part in parts { try check(part) }
    }
  }
}
