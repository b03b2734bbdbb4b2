/// The ID of a partition, as ClickHouse makes it of the values of its key, and the function that says it.
public import TickColumns

public enum PartitionID {
  /// Whole numbers and days, with `-` between them; where any value is something else, the SipHash of all of them.
  public static func text(of values: [Value], _ types: [DataType]) -> String {
    let texts = zip(values, types).map { number($0, $1) }
    if !texts.contains(nil) { return texts.compactMap(\.self).joined(separator: "-") }
    var bytes: [UInt8] = []
    for (value, type) in zip(values, types) { append(value, type, to: &bytes) }
    return hexadecimal(SipHash.hash128(bytes[...]))
  }

  /// Nil for what ClickHouse hashes.
  private static func number(_ value: Value, _ type: DataType) -> String? {
    switch (type.withoutNullable, value) {
    case (.date, .uint(let day)): return self.day(Int(clamping: day))
    case (.date, .int(let day)): return self.day(Int(day))
    case (.dateTime64, _), (.decimal, _): return nil
    case (_, .int(let number)): return String(number)
    case (_, .uint(let number)): return String(number)
    default: return nil
    }
  }

  /// YYYYMMDD.
  private static func day(_ number: Int) -> String {
    let date = CivilDate(daysSinceEpoch: number)
    return String(date.year * 10_000 + date.month * 100 + date.day)
  }

  /// The numbers of ClickHouse's kinds of values, part of what is hashed.
  private enum Kind: UInt8 {
    case null = 0, uint64, int64, float64, uint128, int128
    case string = 16, array, tuple, decimal32, decimal64, decimal128, map = 26
  }

  private static func append(_ value: Value, _ type: DataType, to bytes: inout [UInt8]) {
    func put(_ kind: Kind) { bytes.append(kind.rawValue) }
    func put(_ number: some FixedWidthInteger) {
      for i in 0..<(number.bitWidth / 8) {
        bytes.append(UInt8(truncatingIfNeeded: number >> (8 * i)))
      }
    }
    let type = type.withoutNullable
    switch value {
    case .null: put(.null)
    case .uint(let number):
      put(.uint64)
      put(number)
    case .int(let number):
      switch type {
      case .dateTime64: put(.decimal64)
      case .decimal(let precision, _): put(precision < 10 ? .decimal32 : .decimal64)
      default: put(.int64)
      }
      if case .decimal(let precision, _) = type, precision < 10 {
        put(Int32(truncatingIfNeeded: number))
      } else {
        put(number)
      }
    case .float(let number):
      put(.float64)
      put(number.bitPattern)
    case .bytes(let text):
      put(.string)
      put(UInt64(text.count))
      bytes += text
    case .int128(let number):
      if case .decimal = type { put(.decimal128) } else { put(.int128) }
      put(number)
    case .uint128(let number):
      guard type != .ipv6 else {
        // A text of its bytes, as ClickHouse keeps it.
        put(.string)
        put(UInt64(16))
        for i in 0..<16 { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * (15 - i)))) }
        return
      }
      put(.uint128)
      if type == .uuid {
        put(UInt64(truncatingIfNeeded: number >> 64))
        put(UInt64(truncatingIfNeeded: number))
      } else {
        put(number)
      }
    case .array(let values):
      let element: DataType
      if case .map(let key, let value) = type {
        put(.map)
        element = .tuple([TupleElement(type: key), TupleElement(type: value)])
      } else {
        put(.array)
        element = type.arrayElement ?? .nothing
      }
      put(UInt64(values.count))
      for value in values { append(value, element, to: &bytes) }
    case .tuple(let values):
      put(.tuple)
      put(UInt64(values.count))
      let elements: [DataType] =
        if case .tuple(let elements) = type { elements.map(\.type) } else { [] }
      for (value, element) in zip(values, elements) { append(value, element, to: &bytes) }
    }
  }

  /// The bytes in their order, as ClickHouse writes a hash.
  private static func hexadecimal(_ hash: UInt128) -> String {
    var text = ""
    for i in 0..<16 {
      let byte = UInt8(truncatingIfNeeded: hash >> UInt128(8 * i))
      text += String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }
    return text
  }
}

extension FunctionTable {
  static let partitionID = ScalarFunction(
    "partitionId", .hash, arguments: "a, ...", result: "String",
    summary: "The ID of the partition whose key has these values, as in `system.parts`.",
    arity: 1...Int.max, aliases: ["partitionID"], traits: .exactTypes
  ) { (call) throws(SQLError) in
    let types = call.types
    for (i, type) in types.enumerated() where !type.withoutAggregateStates {
      throw call.illegal(i, "a value that can be a key")
    }
    return .kernel(.string) { input in
      let columns = input.operands.map { $0.column(rows: input.rows) }
      // Neighbours mostly are of one partition.
      let starts = runStarts(columns, rowCount: input.rows)
      var out = StringValues()
      for (run, start) in starts.enumerated() {
        let end = run + 1 < starts.count ? Int(starts[run + 1]) : input.rows
        let text = Array(
          PartitionID.text(of: columns.map { $0.value(at: Int(start)) }, types).utf8)
        for _ in Int(start)..<end { out.append(text) }
      }
      return .column(Column(.string, .string(out)))
    }
  }
}
