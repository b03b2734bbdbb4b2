/// Strings under construction, back to back: kernels append the pieces of a row and end it, so that no row is an
/// array of its own.
///
/// Invariants:
/// 1. `offsets` begins with 0 and has one entry more than rows were ended.
/// 2. What callers append in pieces never grows past `bytesMax`: `repeat` and `replaceAll` make much of little.
import TickColumns

struct TextBuilder {
  private(set) var bytes: [UInt8] = []
  private var offsets: [Int] = [0]

  /// Bytes that one call gives for one batch at most; more is error 131.
  static let bytesMax = 1 << 30

  init(rows: Int, bytes byteCount: Int = 0) {
    offsets.reserveCapacity(rows + 1)
    bytes.reserveCapacity(min(byteCount, Self.bytesMax))
  }

  /// A byte of its own; callers add few per byte of their input.
  @inline(__always)
  mutating func append(_ byte: UInt8) { bytes.append(byte) }

  @inline(__always)
  mutating func append(_ piece: ArraySlice<UInt8>) throws(SQLError) {
    try checkRoom(piece.count)
    bytes.append(contentsOf: piece)
  }

  mutating func append(_ piece: [UInt8]) throws(SQLError) { try append(piece[...]) }

  /// Fails with 131 where so many more bytes would be too many.
  @inline(__always)
  func checkRoom(_ count: Int) throws(SQLError) {
    guard count <= Self.bytesMax - bytes.count else { throw Self.tooLarge }
  }

  private static let tooLarge = SQLError(
    .tooLargeStringSize, "Strings of one batch are larger than \(bytesMax) bytes")

  /// Turns around the bytes appended since the row began.
  mutating func reverseRow() { bytes[offsets[offsets.count - 1]...].reverse() }

  mutating func endRow() { offsets.append(bytes.count) }

  func finish() -> KernelValue {
    .column(Column(.string, .string(StringValues(offsets: offsets, bytes: bytes))))
  }
}

/// Rows of text from rows of text.
typealias TextKernel =
  @Sendable (KernelInput, inout TextBuilder) throws(SQLError) -> Void

extension FunctionTable {
  /// A kernel of strings, written into a builder row by row.
  static func textResult(_ body: @escaping TextKernel) -> Resolution {
    .kernel(.string) { (input) throws(SQLError) in
      var out = TextBuilder(rows: input.rows)
      try body(input, &out)
      return out.finish()
    }
  }

  /// A function of one string that gives one.
  static func textFunction(
    _ name: String, _ summary: String, aliases: [String] = [], anyCase: Bool = false,
    aliasesAnyCase: Bool = false, traits: ScalarFunction.Traits = [],
    _ body:
      @escaping @Sendable (StringOperand, KernelInput, inout TextBuilder) throws(SQLError) ->
      Void
  ) -> ScalarFunction {
    ScalarFunction(
      name, .text, arguments: "s", result: "String", summary: summary, arity: 1...1,
      aliases: aliases, anyCase: anyCase, aliasesAnyCase: aliasesAnyCase, traits: traits
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<1)
      return textResult { (input, out) throws(SQLError) in
        try body(input.operands[0].strings, input, &out)
      }
    }
  }

  /// A function of one string that gives one number a row.
  static func textMeasure<T: ColumnElement>(
    _ name: String, _ type: DataType, _ summary: String, aliases: [String] = [],
    anyCase: Bool = false, aliasesAnyCase: Bool = false,
    _ body: @escaping @Sendable (StringOperand, Int) -> [T]
  ) -> ScalarFunction {
    ScalarFunction(
      name, .text, arguments: "s", result: type.description, summary: summary, arity: 1...1,
      aliases: aliases, anyCase: anyCase, aliasesAnyCase: aliasesAnyCase
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<1)
      return .kernel(type) { input in
        .column(type, body(input.operands[0].strings, input.rows))
      }
    }
  }

  static func checkInteger(_ call: FunctionBinding, _ i: Int) throws(SQLError) {
    guard i < call.count else { return }
    guard call.types[i].isInteger else { throw call.illegal(i, "an integer") }
  }
}
