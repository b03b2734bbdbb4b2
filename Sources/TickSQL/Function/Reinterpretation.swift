/// `reinterpret` and its kin: the bytes of a value, lowest first, as a value of another type.
///
/// Invariants:
/// 1. A number is the lowest bytes of the source; bytes that the source lacks are zero.
/// 2. A UUID lies in memory as two halves, the upper one first.
/// 3. No result breaks what a column of its type may hold: types that do not take every pattern of bits are refused. A
///    Decimal may so get more digits than its type says, as in ClickHouse.
import TickColumns

extension FunctionTable {
  static let reinterpretations: [ScalarFunction] =
    [
      .uint8, .uint16, .uint32, .uint64, .uint128, .int8, .int16, .int32, .int64, .int128, .float32,
      .float64, .date, .dateTime(zone: nil), .uuid, .string,
    ].map { (type: DataType) in
      ScalarFunction(
        "reinterpretAs\(type)", .conversion, arguments: "x", result: type.description,
        summary: type == .string
          ? "The bytes of x, lowest first, without the zero bytes at the end."
          : "The lowest bytes of x as \(type); x is a number, a time, a UUID or a string.",
        arity: 1...1, traits: .exactTypes
      ) { (call) throws(SQLError) in try reinterpreted(call, as: type) }
    } + [
      ScalarFunction(
        "reinterpretAsFixedString", .conversion, arguments: "x", result: "FixedString(n)",
        summary: "The bytes of a number, a time or a UUID, lowest first.", arity: 1...1,
        traits: .exactTypes
      ) { (call) throws(SQLError) in
        guard let width = reinterpretedWidth(call.types[0]) else {
          throw call.illegal(0, "a number, a time or a UUID")
        }
        return .kernel(.fixedString(width)) { input in
          var out = StringValues()
          for image in reinterpretedImages(input) { out.append(littleEndian(image, width)[...]) }
          return .column(Column(.fixedString(width), .string(out)))
        }
      },
      ScalarFunction(
        "reinterpret", .conversion, arguments: "x, 'type'", result: "the type",
        summary: "As the reinterpretAs function of the type.", arity: 2...2, traits: .exactTypes
      ) { (call) throws(SQLError) in
        guard case .bytes(let name)? = call.constant(1), call.types[1] == .string else {
          throw call.illegal(1, "a constant string with a type")
        }
        let type: DataType
        do throws(TypeNameError) {
          type = try DataType.parse(String(decoding: name, as: UTF8.self))
        } catch {
          throw SQLError(error.code, error.message, at: call.arguments[1].position)
        }
        return try reinterpreted(call, as: type)
      },
    ]

  private static func isBytes(_ type: DataType) -> Bool { type == .string || type.isFixedString }

  private static func reinterpreted(
    _ call: FunctionBinding, as type: DataType
  ) throws(SQLError) -> Resolution {
    guard isBytes(call.types[0]) || reinterpretedWidth(call.types[0]) != nil else {
      throw call.illegal(0, "a number, a time, a UUID or a string")
    }
    if type == .string {
      let source = call.types[0]
      return textResult { (input, out) throws(SQLError) in
        if isBytes(source) {
          let strings = input.operands[0].strings
          for row in 0..<input.rows {
            try out.append(strings[row])
            out.endRow()
          }
          return
        }
        let width = reinterpretedWidth(source) ?? 0
        for image in reinterpretedImages(input) {
          let significant = (UInt128.bitWidth - image.leadingZeroBitCount + 7) / 8
          try out.append(littleEndian(image, min(width, significant))[...])
          out.endRow()
        }
      }
    }
    if case .fixedString(let width) = type, call.types[0] != .string {
      let hasBytes = isBytes(call.types[0])
      return .kernel(type) { (input) throws(SQLError) in
        try fixedStrings(input, width, isBytes: hasBytes)
      }
    }
    let takesAnyBits =
      switch type {
      case .date, .dateTime, .dateTime64, .decimal, .uuid, .float32, .float64: true
      default: type.isInteger || type.isWideInteger
      }
    let isRefusedThere = type == .date32 || type.isFixedString
    guard !isRefusedThere else {
      throw SQLError(
        .illegalTypeOfArgument, "Cannot reinterpret \(call.types[0]) as \(type)", at: call.position)
    }
    guard takesAnyBits else {
      throw SQLError(
        .notImplemented, "Function \(call.name) to \(type) is not supported", at: call.position)
    }
    return .kernel(type) { input in
      .column(Column(type, reinterpretedValues(reinterpretedImages(input), type)))
    }
  }
}

extension FunctionTable {
  /// The first bytes of each row, with zeros behind the last one.
  private static func fixedStrings(
    _ input: KernelInput, _ width: Int, isBytes: Bool
  ) throws(SQLError) -> KernelValue {
    guard input.rows * width <= TextBuilder.bytesMax else {
      throw SQLError(
        .tooLargeStringSize,
        "reinterpret makes strings of more than \(TextBuilder.bytesMax) bytes in one batch")
    }
    var out = StringValues()
    out.reserve(count: input.rows, bytes: input.rows * width)
    let images = isBytes ? [] : reinterpretedImages(input)
    let strings = isBytes ? input.operands[0].strings : .scalar([])
    for row in 0..<input.rows {
      var bytes =
        isBytes ? Array(strings[row].prefix(width)) : littleEndian(images[row], min(width, 16))
      bytes += [UInt8](repeating: 0, count: width - bytes.count)
      out.append(bytes)
    }
    return .column(Column(.fixedString(width), .string(out)))
  }

  /// How many bytes a value of the type has; nil for strings and for types that cannot be taken so.
  fileprivate static func reinterpretedWidth(_ type: DataType) -> Int? {
    switch type {
    case .date, .dateTime, .dateTime64, .uuid, .decimal: break
    default: guard type.isNumber || type.isFloat || type.isWideInteger else { return nil }
    }
    switch type.physical {
    case .int8, .uint8: return 1
    case .int16, .uint16: return 2
    case .int32, .uint32, .float32: return 4
    case .int64, .uint64, .float64: return 8
    case .int128, .uint128: return 16
    case .string, .codes, .tuple, .array, .nothing: return nil
    }
  }

  /// The first 16 bytes of each row, the lowest first, with zeros behind the last one.
  fileprivate static func reinterpretedImages(_ input: KernelInput) -> [UInt128] {
    let column = input.column(0)
    switch column.values {
    case .int8(let v): return v.map { UInt128(UInt8(bitPattern: $0)) }
    case .int16(let v): return v.map { UInt128(UInt16(bitPattern: $0)) }
    case .int32(let v): return v.map { UInt128(UInt32(bitPattern: $0)) }
    case .int64(let v): return v.map { UInt128(UInt64(bitPattern: $0)) }
    case .int128(let v): return v.map { UInt128(bitPattern: $0) }
    case .uint8(let v): return v.map { UInt128($0) }
    case .uint16(let v): return v.map { UInt128($0) }
    case .uint32(let v): return v.map { UInt128($0) }
    case .uint64(let v): return v.map { UInt128($0) }
    case .uint128(let v):
      return column.type.withoutNullable == .uuid ? v.map(swappedHalves) : v
    case .float32(let v): return v.map { UInt128($0.bitPattern) }
    case .float64(let v): return v.map { UInt128($0.bitPattern) }
    case .string(let strings):
      return (0..<input.rows).map { row in
        strings[row].prefix(16).reversed().reduce(0 as UInt128) { $0 << 8 | UInt128($1) }
      }
    case .codes, .tuple, .array, .nothing: return Array(repeating: 0, count: input.rows)
    }
  }

  fileprivate static func reinterpretedValues(
    _ images: [UInt128], _ type: DataType
  ) -> ColumnValues {
    switch type.physical {
    case .int8: .int8(images.map { Int8(truncatingIfNeeded: $0) })
    case .int16: .int16(images.map { Int16(truncatingIfNeeded: $0) })
    case .int32: .int32(images.map { Int32(truncatingIfNeeded: $0) })
    case .int64: .int64(images.map { Int64(truncatingIfNeeded: $0) })
    case .int128: .int128(images.map { Int128(bitPattern: $0) })
    case .uint8: .uint8(images.map { UInt8(truncatingIfNeeded: $0) })
    case .uint16: .uint16(images.map { UInt16(truncatingIfNeeded: $0) })
    case .uint32: .uint32(images.map { UInt32(truncatingIfNeeded: $0) })
    case .uint64: .uint64(images.map { UInt64(truncatingIfNeeded: $0) })
    case .uint128: .uint128(type == .uuid ? images.map(swappedHalves) : images)
    case .float32:
      .float32(images.map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) })
    case .float64:
      .float64(images.map { Double(bitPattern: UInt64(truncatingIfNeeded: $0)) })
    case .string, .codes, .tuple, .array, .nothing: .nothing(count: images.count)
    }
  }

  private static func swappedHalves(_ image: UInt128) -> UInt128 { image << 64 | image >> 64 }

  fileprivate static func littleEndian(_ image: UInt128, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: image >> UInt128(8 * $0)) }
  }
}
