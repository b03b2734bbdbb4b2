import TickColumns

/// Finds the group of a row's keys.
///
/// Market data comes in runs: neighbouring rows mostly have the same keys. So a batch is first cut into runs of
/// equal neighbours, by comparing typed columns, and only the first row of each run is packed and looked up.
///
/// Keys are packed into 64-bit words: numbers by their bits, strings by an id that this table gave them, one
/// extra byte for NULL. Dictionary codes become such ids once per dictionary. Arrays and numbers of 128 bits are
/// strings of their bytes (`RowBytes`).
///
/// Confined to one worker; workers are merged at the end.
///
/// Invariants:
/// 1. Two rows have equal words exactly when their keys are one group: all NaN are one, 0.0 and -0.0 are two,
///    NULL is one.
/// 2. Group g's words are `words[g * width..<(g + 1) * width]`; groups are numbered in order of arrival.
struct GroupTable {
  private let parts: [Placement]
  let width: Int
  private(set) var count = 0
  private var words: [UInt64] = []
  /// The upper half of a group's hash, and its number.
  private var slots: [UInt64]
  /// The groups of the lowest words of one, -1 where not asked yet: sides, codes and the like need no hashing.
  private var direct = [Int32](repeating: -1, count: Int(directCount))
  private var interners: [StringInterner]
  private let types: [DataType]

  /// One flat piece of a key: a column, or an element of a tuple column, or its NULL marks.
  struct Placement {
    /// Which key column, and the way into it through tuples.
    let column: Int
    let path: [Int]
    let type: DataType
    let isMarks: Bool
    let word: Int
    let shift: UInt64
    let bits: Int
    let interner: Int?
  }

  init(_ types: [DataType]) {
    var parts: [Placement] = []
    var used: [Int] = []
    var interners = 0
    func place(_ bits: Int) -> (Int, UInt64) {
      for word in used.indices where used[word] + bits <= 64 {
        used[word] += bits
        return (word, UInt64(used[word] - bits))
      }
      used.append(bits)
      return (used.count - 1, 0)
    }
    func add(_ type: DataType, _ column: Int, _ path: [Int]) {
      if case .tuple(let elements) = type {
        for (i, element) in elements.enumerated() { add(element.type, column, path + [i]) }
        return
      }
      let bits: Int
      var interner: Int?
      switch type.physical {
      case .int8, .uint8: bits = 8
      case .int16, .uint16: bits = 16
      case .int32, .uint32, .float32: bits = 32
      case .int64, .uint64, .float64: bits = 64
      case .string, .codes, .int128, .uint128, .array:
        bits = 32
        interner = interners
        interners += 1
      case .tuple, .nothing: bits = 0
      }
      if bits > 0 {
        let (word, shift) = place(bits)
        parts.append(
          Placement(
            column: column, path: path, type: type, isMarks: false, word: word, shift: shift,
            bits: bits, interner: interner))
      }
      if type.isNullable {
        let (word, shift) = place(8)
        parts.append(
          Placement(
            column: column, path: path, type: type, isMarks: true, word: word, shift: shift,
            bits: 8, interner: nil))
      }
    }
    for (i, type) in types.enumerated() { add(type, i, []) }
    self.parts = parts
    self.types = types
    width = used.count
    self.interners = Array(repeating: StringInterner(), count: interners)
    slots = Array(repeating: Self.free, count: 64)
  }

  var byteCount: Int {
    words.count * 8 + slots.count * 8 + interners.reduce(0) { $0 + $1.byteCount }
  }

  // MARK: Lookup

  /// The group of each run, new groups numbered on.
  mutating func groups(_ columns: [Column], starts: [Int32]) throws(SQLError) -> [Int32] {
    guard starts.count > CancellationPoint.stride else { return try lookUp(columns, starts) }
    var out: [Int32] = []
    out.reserveCapacity(starts.count)
    try CancellationPoint.forEachPiece(of: 0..<starts.count) { (piece) throws(SQLError) in
      out += try lookUp(columns, Array(starts[piece]))
    }
    return out
  }

  private mutating func lookUp(
    _ columns: [Column], _ starts: [Int32]
  ) throws(SQLError) -> [Int32] {
    if parts.isEmpty {
      if count == 0 { count = 1 }
      return Array(repeating: 0, count: starts.count)
    }
    var packed = [UInt64](repeating: 0, count: starts.count * width)
    for part in parts { try pack(part, columns, starts, &packed) }
    return try lookUp(packed, runs: starts.count)
  }

  private static func leaf(_ part: Placement, _ columns: [Column]) -> Column {
    var column = columns[part.column]
    for step in part.path {
      if case .tuple(let elements, _) = column.values { column = elements[step] }
    }
    return column
  }

  /// Packs what needs no strings.
  private static func packFixed(
    _ part: Placement, _ columns: [Column], _ starts: [Int32], _ width: Int,
    _ packed: inout [UInt64]
  ) {
    let column = leaf(part, columns)
    if part.isMarks {
      guard let validity = column.validity else { return }
      place(validity, part, starts, width, &packed) { 1 - $0 }
      return
    }
    switch column.values {
    case .int8(let v): place(v, part, starts, width, &packed) { $0 }
    case .int16(let v): place(v, part, starts, width, &packed) { $0 }
    case .int32(let v): place(v, part, starts, width, &packed) { $0 }
    case .int64(let v): place(v, part, starts, width, &packed) { $0 }
    case .uint8(let v): place(v, part, starts, width, &packed) { $0 }
    case .uint16(let v): place(v, part, starts, width, &packed) { $0 }
    case .uint32(let v): place(v, part, starts, width, &packed) { $0 }
    case .uint64(let v): place(v, part, starts, width, &packed) { $0 }
    case .float32(let v):
      place(v, part, starts, width, &packed) {
        $0.isNaN ? Float.nan.bitPattern : $0.bitPattern
      }
    case .float64(let v):
      for (run, start) in starts.enumerated() {
        let value = v[Int(start)]
        packed[run * width + part.word] = value.isNaN ? Double.nan.bitPattern : value.bitPattern
      }
    case .string, .codes, .int128, .uint128, .array, .tuple, .nothing: break
    }
  }

  private mutating func pack(
    _ part: Placement, _ columns: [Column], _ starts: [Int32], _ packed: inout [UInt64]
  ) throws(SQLError) {
    guard part.interner != nil, !part.isMarks else {
      Self.packFixed(part, columns, starts, width, &packed)
      return
    }
    let column = Self.leaf(part, columns)
    switch column.values {
    case .codes(let codes, let dictionary):
      guard let interner = part.interner else { return }
      for (run, start) in starts.enumerated() {
        // Under NULL stands the empty string, so that NULL packs the same way in every table.
        let id =
          column.isNull(at: Int(start))
          ? try interners[interner].id(of: [])
          : try interners[interner].id(of: codes[Int(start)], in: dictionary)
        packed[run * width + part.word] |= UInt64(id) << part.shift
      }
    case .string(let strings):
      guard let interner = part.interner else { return }
      for (run, start) in starts.enumerated() {
        let id = try interners[interner].id(of: strings[Int(start)])
        packed[run * width + part.word] |= UInt64(id) << part.shift
      }
    case .int128, .uint128, .array:
      guard let interner = part.interner else { return }
      var bytes: [UInt8] = []
      for (run, start) in starts.enumerated() {
        bytes.removeAll(keepingCapacity: true)
        RowBytes.append(column, row: Int(start), to: &bytes)
        let id = try interners[interner].id(of: bytes[...])
        packed[run * width + part.word] |= UInt64(id) << part.shift
      }
    default: break
    }
  }

  private mutating func lookUp(_ packed: [UInt64], runs: Int) throws(SQLError) -> [Int32] {
    var out = [Int32](repeating: 0, count: runs)
    var done = 0
    // Room is made per piece, so that probing never has to stop and few groups keep a small table.
    while done < runs {
      let piece = done..<min(done + Self.pieceRunsMax, runs)
      try reserve(piece.count)
      if width == 1, packed[piece].allSatisfy({ $0 < Self.directCount }) {
        lookUpDirectly(packed, piece, &out)
      } else if width == 1 {
        probe(packed, piece, &out) {
          mixed($0[$1])
        } isSame: {
          $0[$1] == $2[$3]
        }
      } else if width == 2 {
        probe(packed, piece, &out) {
          mixed(mixed($0[$1]) ^ $0[$1 + 1])
        } isSame: {
          $0[$1] == $2[$3] && $0[$1 + 1] == $2[$3 + 1]
        }
      } else {
        let width = width
        probe(packed, piece, &out) { words, at in
          var hash: UInt64 = 0
          for i in 0..<width { hash = mixed(hash ^ words[at + i]) }
          return hash
        } isSame: { own, at, other, otherAt in
          for i in 0..<width where own[at + i] != other[otherAt + i] { return false }
          return true
        }
      }
      done = piece.upperBound
    }
    return out
  }

  private static let pieceRunsMax = 1_024

  private static let directCount: UInt64 = 256

  private mutating func lookUpDirectly(
    _ packed: [UInt64], _ runs: Range<Int>, _ out: inout [Int32]
  ) {
    for run in runs {
      let word = Int(truncatingIfNeeded: packed[run])
      if direct[word] < 0 {
        probe(packed, run..<run + 1, &out) {
          mixed($0[$1])
        } isSame: {
          $0[$1] == $2[$3]
        }
        direct[word] = out[run]
      }
      out[run] = direct[word]
    }
  }

  /// Finds or adds the groups of some runs; there is room for all of them. Slots carry 32 bits of the hash, so
  /// that another group's words are hardly ever fetched.
  @inline(__always)
  private mutating func probe(
    _ packed: [UInt64], _ runs: Range<Int>, _ out: inout [Int32],
    hash: ([UInt64], Int) -> UInt64, isSame: ([UInt64], Int, [UInt64], Int) -> Bool
  ) {
    var last = -1
    let mask = slots.count - 1
    for run in runs {
      let base = run * width
      if last >= 0, isSame(words, last * width, packed, base) {
        out[run] = Int32(truncatingIfNeeded: last)
        continue
      }
      let key = hash(packed, base)
      let tag = key & ~0xFFFF_FFFF
      var slot = Int(truncatingIfNeeded: key) & mask
      while true {
        let entry = slots[slot]
        if entry == Self.free {
          slots[slot] = tag | UInt64(count)
          words.append(contentsOf: packed[base..<base + width])
          last = count
          count += 1
          break
        }
        if entry & ~0xFFFF_FFFF == tag {
          let group = Int(entry & 0xFFFF_FFFF)
          if isSame(words, group * width, packed, base) {
            last = group
            break
          }
        }
        slot = (slot + 1) & mask
      }
      out[run] = Int32(truncatingIfNeeded: last)
    }
  }

  /// No group has this number: counts stay below 2^31.
  private static let free = UInt64.max

  private func hash(ofGroup group: Int) -> UInt64 {
    Self.hash(words, at: group * width, width: width)
  }

  /// Makes room for more groups, at most half of the slots in use.
  private mutating func reserve(_ more: Int) throws(SQLError) {
    precondition(count + more < Int(Int32.max), "more groups than can be numbered")
    guard (count + more) * 2 > slots.count else { return }
    var size = slots.count
    // Large tables double, small ones grow faster.
    while (count + more) * 2 > size { size *= size < 1 << 20 ? 4 : 2 }
    slots = Array(repeating: Self.free, count: size)
    try CancellationPoint.forEachPiece(of: 0..<count) { (piece) throws(SQLError) in
      for group in piece {
        let key = hash(ofGroup: group)
        var slot = Int(truncatingIfNeeded: key) & (size - 1)
        while slots[slot] != Self.free { slot = (slot + 1) & (size - 1) }
        slots[slot] = key & ~0xFFFF_FFFF | UInt64(group)
      }
    }
  }

  // MARK: Lookup without adding

  /// The group of each run, -1 where there is none; nothing is added, so workers may ask at the same time.
  func find(_ columns: [Column], starts: [Int32]) -> [Int32] {
    if parts.isEmpty { return Array(repeating: count > 0 ? 0 : -1, count: starts.count) }
    var packed = [UInt64](repeating: 0, count: starts.count * width)
    var isKnown = [Bool](repeating: true, count: starts.count)
    for part in parts {
      guard let interner = part.interner, !part.isMarks else {
        // Numbers and marks are packed without the table's help.
        Self.packFixed(part, columns, starts, width, &packed)
        continue
      }
      let column = Self.leaf(part, columns)
      let ids = interners[interner].find(column, rows: starts)
      for (run, id) in ids.enumerated() {
        if id < 0 {
          isKnown[run] = false
        } else {
          packed[run * width + part.word] |= UInt64(id) << part.shift
        }
      }
    }
    var out = [Int32](repeating: -1, count: starts.count)
    let mask = slots.count - 1
    for run in 0..<starts.count where isKnown[run] {
      out[run] = lookUp(packed, at: run * width, mask)
    }
    return out
  }

  private func lookUp(_ packed: [UInt64], at base: Int, _ mask: Int) -> Int32 {
    let key = Self.hash(packed, at: base, width: width)
    let tag = key & ~0xFFFF_FFFF
    var slot = Int(truncatingIfNeeded: key) & mask
    while true {
      let entry = slots[slot]
      if entry == Self.free { return -1 }
      if entry & ~0xFFFF_FFFF == tag {
        let group = Int(entry & 0xFFFF_FFFF)
        var isSame = true
        for i in 0..<width where words[group * width + i] != packed[base + i] { isSame = false }
        if isSame { return Int32(truncatingIfNeeded: group) }
      }
      slot = (slot + 1) & mask
    }
  }

  @inline(__always)
  private static func hash(_ words: [UInt64], at base: Int, width: Int) -> UInt64 {
    if width == 1 { return mixed(words[base]) }
    if width == 2 { return mixed(mixed(words[base]) ^ words[base + 1]) }
    var hash: UInt64 = 0
    for i in 0..<width { hash = mixed(hash ^ words[base + i]) }
    return hash
  }

  // MARK: Merging and reading back

  /// Takes in the groups of another worker's table; gives their numbers here.
  mutating func merge(_ other: GroupTable) throws(SQLError) -> [Int32] {
    if parts.isEmpty {
      count = max(count, other.count)
      return Array(repeating: 0, count: other.count)
    }
    var packed = other.words
    for part in parts {
      guard let interner = part.interner else { continue }
      let theirs = other.interners[interner]
      var translation = [UInt64](repeating: 0, count: theirs.count)
      try CancellationPoint.forEachPiece(of: 0..<theirs.count) { (piece) throws(SQLError) in
        for id in piece {
          translation[id] = UInt64(try interners[interner].id(of: theirs.values[id]))
        }
      }
      let mask: UInt64 = 0xFFFF_FFFF << part.shift
      for group in 0..<other.count {
        let at = group * width + part.word
        let id = Int(packed[at] >> part.shift & 0xFFFF_FFFF)
        packed[at] = packed[at] & ~mask | translation[id] << part.shift
      }
    }
    var groups: [Int32] = []
    groups.reserveCapacity(other.count)
    try CancellationPoint.forEachPiece(of: 0..<other.count) { (piece) throws(SQLError) in
      let words = Array(packed[piece.lowerBound * width..<piece.upperBound * width])
      groups += try lookUp(words, runs: piece.count)
    }
    return groups
  }

  /// The key columns of the groups, in the given order of groups.
  func columns(_ order: [Int32]) throws(SQLError) -> [Column] {
    var next = 0
    var out: [Column] = []
    for type in types { out.append(try column(type, order, &next)) }
    return out
  }

  private func column(
    _ type: DataType, _ order: [Int32], _ next: inout Int
  ) throws(SQLError) -> Column {
    if case .tuple(let elements) = type {
      var columns: [Column] = []
      for element in elements { columns.append(try column(element.type, order, &next)) }
      return Column(type, .tuple(columns, count: order.count))
    }
    var raw: [UInt64] = []
    var interner: Int?
    if type.physical != .nothing {
      let part = parts[next]
      next += 1
      interner = part.interner
      let mask: UInt64 = part.bits == 64 ? .max : (1 << UInt64(part.bits)) - 1
      raw = try CancellationPoint.map(order.count) {
        words[Int(order[$0]) * width + part.word] >> part.shift & mask
      }
    }
    var validity: [UInt8]?
    if type.isNullable {
      let part = parts[next]
      next += 1
      let marks = try CancellationPoint.map(order.count) {
        UInt8(
          truncatingIfNeeded: words[Int(order[$0]) * width + part.word] >> part.shift & 1)
      }
      if marks.contains(1) { validity = marks.map { 1 - $0 } }
    }
    func picked<T>(_ body: (UInt64) -> T) throws(SQLError) -> [T] {
      try CancellationPoint.map(raw.count) { body(raw[$0]) }
    }
    let values: ColumnValues
    switch type.physical {
    case .int8: values = .int8(try picked { Int8(truncatingIfNeeded: $0) })
    case .int16: values = .int16(try picked { Int16(truncatingIfNeeded: $0) })
    case .int32: values = .int32(try picked { Int32(truncatingIfNeeded: $0) })
    case .int64: values = .int64(try picked { Int64(bitPattern: $0) })
    case .uint8: values = .uint8(try picked { UInt8(truncatingIfNeeded: $0) })
    case .uint16: values = .uint16(try picked { UInt16(truncatingIfNeeded: $0) })
    case .uint32: values = .uint32(try picked { UInt32(truncatingIfNeeded: $0) })
    case .uint64: values = .uint64(raw)
    case .float32:
      values = .float32(try picked { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) })
    case .float64: values = .float64(try picked { Double(bitPattern: $0) })
    case .int128, .uint128, .array:
      guard let interner else { preconditionFailure("a wide key without its strings") }
      let strings = interners[interner].values
      // The type's own NULL marks are in the bytes.
      return try CancellationPoint.column(type, count: raw.count) { piece in
        Column(type, of: piece.map { RowBytes.value(of: strings[Int(raw[$0])], as: type) })
      }
    case .string, .codes:
      var strings = interner.map { interners[$0].values } ?? StringValues()
      if strings.count == 0 { strings.append([]) }
      if type.physical == .string {
        let positions = try picked { Int32(truncatingIfNeeded: $0) }
        values = try Column(.string, .string(strings)).picked(positions).values
      } else {
        values = .codes(
          try picked { UInt32(truncatingIfNeeded: $0) }, StringDictionary(strings))
      }
    case .tuple, .nothing: values = .nothing(count: order.count)
    }
    return Column(type, values, validity: validity)
  }
}

@inline(__always)
private func place<T, Bits: FixedWidthInteger>(
  _ values: [T], _ part: GroupTable.Placement, _ starts: [Int32], _ width: Int,
  _ packed: inout [UInt64], bits: (T) -> Bits
) {
  let mask: UInt64 = part.bits == 64 ? .max : (1 << UInt64(part.bits)) - 1
  for run in 0..<starts.count {
    let bits = UInt64(truncatingIfNeeded: bits(values[Int(starts[run])])) & mask
    packed[run * width + part.word] |= bits << part.shift
  }
}

/// Spreads the bits of a key over a table (the finaliser of MurmurHash3).
@inline(__always)
func mixed(_ key: UInt64) -> UInt64 {
  var h = key
  h = (h ^ (h >> 33)) &* 0xFF51_AFD7_ED55_8CCD
  h = (h ^ (h >> 33)) &* 0xC4CE_B9FE_1A85_EC53
  return h ^ (h >> 33)
}

/// Gives each distinct string a number, in order of arrival.
struct StringInterner {
  private(set) var values = StringValues()
  private var slots: [Int32] = Array(repeating: -1, count: 64)
  /// Numbers of the codes of the dictionary seen last; -1 where not asked yet.
  private var dictionary: StringDictionary?
  private var translation: [Int32] = []

  var count: Int { values.count }
  var byteCount: Int { values.bytes.count + values.count * 12 + translation.count * 4 }

  mutating func id(of code: UInt32, in dictionary: StringDictionary) throws(SQLError) -> Int32 {
    if self.dictionary !== dictionary {
      self.dictionary = dictionary
      translation = Array(repeating: -1, count: dictionary.count)
    }
    let known = translation[Int(code)]
    if known >= 0 { return known }
    let id = try id(of: dictionary.values[Int(code)])
    translation[Int(code)] = id
    return id
  }

  mutating func id(of string: ArraySlice<UInt8>) throws(SQLError) -> Int32 {
    var slot = Int(truncatingIfNeeded: Self.hash(string)) & (slots.count - 1)
    while slots[slot] >= 0 {
      if values[Int(slots[slot])].elementsEqual(string) { return slots[slot] }
      slot = (slot + 1) & (slots.count - 1)
    }
    let id = Int32(values.count)
    values.append(string)
    slots[slot] = id
    if values.count * 2 > slots.count { try grow() }
    return id
  }

  /// The numbers of strings in some rows, -1 for unknown ones; a dictionary is looked up once an entry.
  func find(_ column: Column, rows: [Int32]) -> [Int32] {
    switch column.values {
    case .codes where column.hasNulls:
      // As in `pack`: under NULL stands the empty string.
      guard case .codes(let codes, let dictionary) = column.values else { return [] }
      return rows.map {
        column.isNull(at: Int($0)) ? find([]) : find(dictionary.values[Int(codes[Int($0)])])
      }
    case .codes(let codes, let dictionary) where dictionary.count <= rows.count:
      let known = (0..<dictionary.count).map { find(dictionary.values[$0]) }
      return rows.map { known[Int(codes[Int($0)])] }
    case .codes(let codes, let dictionary):
      return rows.map { find(dictionary.values[Int(codes[Int($0)])]) }
    case .string(let strings): return rows.map { find(strings[Int($0)]) }
    default:
      var bytes: [UInt8] = []
      return rows.map { row in
        bytes.removeAll(keepingCapacity: true)
        RowBytes.append(column, row: Int(row), to: &bytes)
        return find(bytes[...])
      }
    }
  }

  private func find(_ string: ArraySlice<UInt8>) -> Int32 {
    var slot = Int(truncatingIfNeeded: Self.hash(string)) & (slots.count - 1)
    while slots[slot] >= 0 {
      if values[Int(slots[slot])].elementsEqual(string) { return slots[slot] }
      slot = (slot + 1) & (slots.count - 1)
    }
    return -1
  }

  private mutating func grow() throws(SQLError) {
    slots = Array(repeating: -1, count: slots.count * 4)
    try CancellationPoint.forEachPiece(of: 0..<values.count) { (piece) throws(SQLError) in
      for id in piece {
        var slot = Int(truncatingIfNeeded: Self.hash(values[id])) & (slots.count - 1)
        while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = Int32(id)
      }
    }
  }

  static func hash(_ string: ArraySlice<UInt8>) -> UInt64 {
    var out = UInt64(string.count)
    var word: UInt64 = 0
    var filled: UInt64 = 0
    for byte in string {
      word |= UInt64(byte) << filled
      filled += 8
      if filled == 64 {
        out = mixed(out ^ word)
        word = 0
        filled = 0
      }
    }
    return mixed(out ^ word)
  }
}
