import Testing
import TickColumns

@Suite struct DataTypeTests {
  @Test(
    "a type name reads back as it prints",
    arguments: [
      "Int8", "UInt64", "Float64", "Bool", "String", "Date", "DateTime", "DateTime('UTC')",
      "DateTime64(9)", "DateTime64(0, 'UTC')", "LowCardinality(String)",
      "LowCardinality(Nullable(String))", "Nullable(Int32)", "Nullable(DateTime64(3, 'UTC'))",
      "Enum8('unknown' = 0, 'buy' = 1, 'sell' = 2)", "Enum8('it\\'s' = -1, 'b\\\\' = 5)",
      "Tuple(Int8, String)", "Tuple(a Int8, b Tuple(c Date))", "Tuple()", "Int128", "UInt128",
      "Float32", "Decimal(10, 2)", "Decimal(38, 38)", "FixedString(16)",
      "Enum16('a' = -300, 'b' = 300)",
      "UUID", "IPv4", "IPv6", "Date32", "Array(Array(Nullable(UInt8)))",
      "Map(LowCardinality(String), Array(Float64))", "LowCardinality(FixedString(3))",
      "Tuple(`a b` Int8, `null` String, _x1 Date)", "Tuple(`it\\`s \\\\` Array(Tuple(`1` Int8)))",
    ])
  func roundTrip(name: String) throws {
    #expect(try DataType.parse(name).description == name)
  }

  @Test("spellings of SQL and blanks are accepted")
  func spellings() throws {
    #expect(try DataType.parse(" Nullable ( bigint ) ") == .nullable(.int64))
    #expect(try DataType.parse("Enum('a', 'b')").description == "Enum8('a' = 1, 'b' = 2)")
    #expect(try DataType.parse("DateTime64") == .dateTime64(precision: 3, zone: nil))
    #expect(try DataType.parse("Enum('a' = 200)").description == "Enum16('a' = 200)")
    #expect(try DataType.parse("Decimal64(4)") == .decimal(precision: 18, scale: 4))
    #expect(try DataType.parse("numeric(5)") == .decimal(precision: 5, scale: 0))
    #expect(try DataType.parse("DECIMAL") == .decimal(precision: 10, scale: 0))
    #expect(try DataType.parse("BIGINT UNSIGNED") == .uint64)
    #expect(try DataType.parse("int(11)") == .int32)
    #expect(try DataType.parse("double precision") == .float64)
    #expect(try DataType.parse("VARCHAR(20)") == .string)
    #expect(try DataType.parse("BINARY(4)") == .fixedString(4))
    #expect(try DataType.parse("datetime32") == .dateTime(zone: nil))
    let names = try DataType.parse(#"Tuple("a b" Int8, `c``d` Int8, `e` Int8)"#)
    #expect(names.description == #"Tuple(`a b` Int8, `c\`d` Int8, e Int8)"#)
  }

  @Test(
    "what is no type is refused with ClickHouse's code",
    arguments: [
      ("Foo", ErrorCode.unknownType), ("Decimal(50, 2)", .notImplemented), ("", .syntaxError),
      ("DateTime64(10)", .argumentOutOfBound), ("DateTime('Europe/Nowhere')", .badArguments),
      ("Nullable(Nullable(Int8))", .illegalTypeOfArgument),
      ("Enum8('a' = 1, 'a' = 2)", .syntaxError),
      ("Enum8('a' = 200)", .argumentOutOfBound), ("LowCardinality(Int8)", .notImplemented),
      ("Int8 x", .syntaxError), ("Nullable(Int8", .syntaxError), ("Tuple(Int8,", .syntaxError),
      ("int8", .unknownType), ("FixedString(0)", .argumentOutOfBound),
      ("Decimal(5, 9)", .argumentOutOfBound), ("Map(Nullable(String), Int8)", .badArguments),
      ("Nullable(Array(Int8))", .illegalTypeOfArgument), ("uuid", .unknownType),
      ("Tuple(`` Int8)", .syntaxError), ("Tuple(`a Int8)", .syntaxError),
      ("Tuple(`a` `b` Int8)", .syntaxError),
    ])
  func refused(name: String, code: ErrorCode) {
    let error = #expect(throws: TypeNameError.self) { try DataType.parse(name) }
    #expect(error?.code == code)
  }

  @Test("hostile depth is an error, not a crash")
  func depth() {
    let name = String(repeating: "Tuple(", count: 100_000)
    let error = #expect(throws: TypeNameError.self) { try DataType.parse(name) }
    #expect(error?.code == .tooDeepRecursion)
  }
}
