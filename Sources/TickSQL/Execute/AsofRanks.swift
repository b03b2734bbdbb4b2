import TickColumns

/// Times, or whatever an ASOF join orders by, as unsigned numbers in the same order.
enum AsofRanks {
  static func canRank(_ type: DataType) -> Bool {
    switch type.withoutNullable.physical {
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .float32, .float64: true
    case .int128, .uint128, .string, .codes, .tuple, .array, .nothing: false
    }
  }

  /// NaN has no place in the order: see `lacksPlace`.
  static func ranks(_ column: Column) -> [UInt64] {
    switch column.values {
    case .int8(let v): signed(v)
    case .int16(let v): signed(v)
    case .int32(let v): signed(v)
    case .int64(let v): signed(v)
    case .uint8(let v): v.map { UInt64($0) }
    case .uint16(let v): v.map { UInt64($0) }
    case .uint32(let v): v.map { UInt64($0) }
    case .uint64(let v): v
    case .float32(let v): v.map { rank(Double($0)) }
    case .float64(let v): v.map(rank)
    case .int128, .uint128, .string, .codes, .tuple, .array, .nothing:
      preconditionFailure("the binder lets no such order through")
    }
  }

  /// Marks of the rows that stand in the order: neither NULL nor NaN. Nil when all do.
  static func places(_ column: Column) -> [UInt8]? {
    var marks = column.validity
    switch column.values {
    case .float32(let v) where v.contains(where: \.isNaN):
      marks = Column.intersect(marks, v.map { $0.isNaN ? 0 : 1 })
    case .float64(let v) where v.contains(where: \.isNaN):
      marks = Column.intersect(marks, v.map { $0.isNaN ? 0 : 1 })
    default: break
    }
    return marks
  }

  private static func signed<T: FixedWidthInteger & SignedInteger>(_ values: [T]) -> [UInt64] {
    values.map { UInt64(bitPattern: Int64($0)) ^ 1 << 63 }
  }

  private static func rank(_ value: Double) -> UInt64 {
    let bits = value == 0 ? 0 : value.bitPattern
    return bits >> 63 != 0 ? ~bits : bits | 1 << 63
  }
}
