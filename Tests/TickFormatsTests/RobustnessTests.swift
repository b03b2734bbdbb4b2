import Testing
import TickColumns

@testable import TickFormats

/// A small seeded generator (SplitMix64), so a failure can be run again.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// What a decoder made of some bytes, for comparison.
private enum Outcome: Equatable {
  case rows([UInt8])
  case failure(ErrorCode, row: Int?, column: String?)
}

private func outcome(
  _ format: InputFormat, _ schema: Schema, _ bytes: [UInt8], cuts: [Int] = []
) -> Outcome {
  do throws(FormatError) {
    var decoder = try format.makeDecoder(schema: schema)
    var batches: [Batch] = []
    var start = 0
    for cut in cuts + [bytes.count] {
      batches += try decoder.push(Array(bytes[start..<cut]))
      start = cut
    }
    batches += try decoder.finish()
    var encoder = OutputFormat.tabSeparated.makeEncoder(schema: schema)
    var out: [UInt8] = []
    for batch in batches { encoder.write(batch, into: &out) }
    return .rows(out)
  } catch {
    return .failure(error.code, row: error.row, column: error.column)
  }
}

@Suite struct InputRobustnessTests {
  private static let schema = Schema(OutputFormatTests.all.map { Field($0.name, $0.type) })
  private static let batch = Batch(
    OutputFormatTests.all.map { Column($0.type, of: $0.rows) }, rowCount: 3)

  private static func encoded(_ format: OutputFormat, repeats: Int = 1) -> [UInt8] {
    var encoder = format.makeEncoder(schema: schema)
    var out: [UInt8] = []
    encoder.begin(into: &out)
    for _ in 0..<repeats { encoder.write(batch, into: &out) }
    encoder.finish(ResultStatistics(), into: &out)
    return out
  }

  private static let pairs: [(OutputFormat, InputFormat)] = [
    (.tabSeparated, .tabSeparated), (.tabSeparatedWithNames, .tabSeparatedWithNames),
    (.tabSeparatedWithNamesAndTypes, .tabSeparatedWithNamesAndTypes), (.csv, .csv),
    (.csvWithNames, .csvWithNames), (.jsonEachRow, .jsonEachRow),
    (.jsonCompactEachRow, .jsonCompactEachRow), (.csvWithNamesAndTypes, .csvWithNamesAndTypes),
    (.jsonStringsEachRow, .jsonStringsEachRow), (.tskv, .tskv),
    (.jsonCompactStringsEachRow, .jsonCompactStringsEachRow),
    (
      .jsonCompactStringsEachRowWithNamesAndTypes, .jsonCompactStringsEachRowWithNamesAndTypes
    ),
  ]

  private static let values = """
    (1, -5, 18446744073709551615, 1.5e-7, true, 'it''s \\'x\\'\\t', 'BTCUSDT', 'buy', '2024-08-08', 1723161255, \
    '2024-08-08 23:54:15.342', NULL, 'x', nan), (2,0,0,-0.0,false,'','','unknown','1970-01-01','1970-01-01 00:00:00',\
    0,7,NULL,NULL);
    """

  @Test("what is written is read back, however the bytes are cut", arguments: 0..<pairs.count)
  func roundTrip(_ index: Int) {
    let (output, input) = Self.pairs[index]
    let bytes = Self.encoded(output)
    var expected = Self.encoded(.tabSeparated)
    if output == .jsonEachRow || output == .jsonCompactEachRow {
      // JSON has no NaN and no infinity: they leave as null and come back as zero.
      expected = Array(
        text(expected).replacing("\tnan\t", with: "\t0\t").replacing("\t-inf\t", with: "\t0\t").utf8
      )
    }
    if output != .jsonEachRow && output != .jsonCompactEachRow {
      #expect(outcome(input, Self.schema, bytes) == .rows(expected))
    } else if case .rows(let rows) = outcome(input, Self.schema, bytes) {
      #expect(text(rows) == text(expected))
    } else {
      Issue.record("\(outcome(input, Self.schema, bytes))")
    }
    let whole = outcome(input, Self.schema, bytes)
    let seed: UInt64 = 7
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let cuts = (0..<Int.random(in: 1...6, using: &random))
        .map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
      #expect(
        outcome(input, Self.schema, bytes, cuts: cuts) == whole, "seed \(seed), cuts \(cuts)")
    }
  }

  @Test("damaged bytes give an error or rows, the same for every cut, and never a trap")
  func fuzz() {
    let seed: UInt64 = 20_240_808
    var random = SeededGenerator(seed: seed)
    let seeds =
      Self.pairs.map { ($0.1, Self.encoded($0.0)) } + [(.values, Array(Self.values.utf8))]
    let nasty = Array("\"'\\\t\n\r,;(){}[]:0-+.eENnul/\u{7F}".utf8) + [0, 0xFF, 0x80]
    for (format, good) in seeds {
      for round in 0..<600 {
        var bytes = good
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
          let at = Int.random(in: 0..<bytes.count, using: &random)
          switch Int.random(in: 0..<5, using: &random) {
          case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
          case 1: bytes[at] = nasty.randomElement(using: &random) ?? 0
          case 2: bytes.remove(at: at)
          case 3: bytes.insert(nasty.randomElement(using: &random) ?? 0, at: at)
          default: bytes.removeLast(bytes.count - at)
          }
        }
        let whole = outcome(format, Self.schema, bytes)
        let cut = Int.random(in: 0...bytes.count, using: &random)
        #expect(
          outcome(format, Self.schema, bytes, cuts: [cut]) == whole,
          "\(format) seed \(seed) round \(round) cut \(cut): \(text(bytes))")
      }
    }
  }

  @Test("noise is no rows and no trap", arguments: InputFormat.allCases)
  func noise(_ format: InputFormat) {
    let seed: UInt64 = 99
    var random = SeededGenerator(seed: seed)
    let letters = Array("()[]{}'\"\\,:; \t\n\r0123456789.-+eE\\NnulltrueFALSE\u{0}".utf8) + [0xFF]
    for round in 0..<400 {
      let bytes = (0..<Int.random(in: 0...80, using: &random)).map { _ in
        letters.randomElement(using: &random) ?? 0
      }
      let whole = outcome(format, InputFormatTests.schema, bytes)
      #expect(
        outcome(format, InputFormatTests.schema, bytes, cuts: Array(bytes.indices)) == whole,
        "seed \(seed) round \(round): \(text(bytes))")
    }
  }

  @Test("batches stay within the limit of rows and errors name row and column")
  func batchesAndPlaces() throws {
    var bytes: [UInt8] = []
    for i in 0..<150_000 { bytes += Array("\(i)\tx\t2024-01-01\n".utf8) }
    var decoder = try InputFormat.tabSeparated.makeDecoder(schema: InputFormatTests.schema)
    var batches: [Batch] = []
    var start = 0
    while start < bytes.count {
      let end = min(start + 100_000, bytes.count)
      batches += try decoder.push(Array(bytes[start..<end]))
      start = end
    }
    batches += try decoder.finish()
    #expect(batches.map(\.rowCount) == [65_536, 65_536, 18_928])
    #expect(batches[2].columns[0].value(at: 18_927) == .int(149_999))

    bytes += Array("5\tx\tnever\n".utf8)
    #expect(
      outcome(.tabSeparated, InputFormatTests.schema, bytes)
        == .failure(.cannotParseDatetime, row: 150_001, column: "c"))
  }

  @Test("a value over the limit is refused before it is gathered", arguments: InputFormat.allCases)
  func longValue(_ format: InputFormat) throws {
    // A block of Native may hold four values of the largest size.
    let blockFactor = format == .native ? 4 : 1
    var decoder = try format.makeDecoder(
      schema: Schema([Field("s", .string)]), rowBytesMax: 1 << 20)
    // A string of 60 MiB.
    let length: [UInt8] = [0x80, 0x80, 0x80, 0x1E]
    let name: [UInt8] = [1, 0x73]
    let type: [UInt8] = [6] + Array("String".utf8)
    let opening: [UInt8] =
      switch format {
      case .values: Array("('".utf8)
      case .jsonEachRow, .jsonStringsEachRow, .jsonAsString: Array("{\"s\":\"".utf8)
      case .jsonCompactEachRow, .jsonCompactStringsEachRow: Array("[\"".utf8)
      case .jsonCompactEachRowWithNames, .jsonCompactStringsEachRowWithNames:
        Array("[\"s\"]\n[\"".utf8)
      case .jsonCompactEachRowWithNamesAndTypes, .jsonCompactStringsEachRowWithNamesAndTypes:
        Array("[\"s\"]\n[\"String\"]\n[\"".utf8)
      case .csv, .csvWithNames: Array("s\n\"".utf8)
      case .csvWithNamesAndTypes: Array("s\nString\n\"".utf8)
      case .tabSeparated, .tabSeparatedWithNames, .tabSeparatedRaw, .tabSeparatedRawWithNames,
        .lineAsString:
        Array("s\n".utf8)
      case .tabSeparatedWithNamesAndTypes, .tabSeparatedRawWithNamesAndTypes:
        Array("s\nString\n".utf8)
      case .tskv: Array("s=".utf8)
      case .rowBinary: length
      case .rowBinaryWithDefaults: [0] + length
      case .rowBinaryWithNames: [1] + name + length
      case .rowBinaryWithNamesAndTypes: [1] + name + type + length
      case .native: [1, 1] + name + type + length
      }
    _ = try decoder.push(opening)
    let piece = [UInt8](repeating: 0x78, count: 1 << 16)
    var pushed = 0
    do throws(FormatError) {
      while pushed < 20 * blockFactor {
        _ = try decoder.push(piece)
        pushed += 1
      }
      Issue.record("a value over the limit was taken")
    } catch {
      #expect(error.code == .tooLargeStringSize)
      #expect(((16 * blockFactor - 1)...(24 * blockFactor)).contains(pushed))
    }
  }

  @Test(
    "a byte order mark is no part of the first value", arguments: [[], [1], [2], [3], [1, 2, 3]])
  func byteOrderMark(_ cuts: [Int]) {
    let rows = outcome(
      .csvWithNames, InputFormatTests.schema, Array("\u{FEFF}b,a\nx,1\n".utf8), cuts: cuts)
    #expect(rows == .rows(Array("1\tx\t1970-01-01 00:00:00.000\n".utf8)))
  }

  @Test("any text as any type in any style gives a value, an error, and never a trap")
  func anyText() throws {
    let seed: UInt64 = 31
    var random = SeededGenerator(seed: seed)
    var types = OutputFormatTests.all.map(\.type)
    types.append(try DataType.parse("Tuple(Int8, String, Tuple(Nullable(Date), Bool))"))
    types.append(try DataType.parse("Nullable(Nothing)"))
    let words = [
      "'", "\"", "\\", "(", ")", "[", "{", "]", "}", ",", "NULL", "null", "\\N", "true", "-", "+",
      ".", "e", "E",
      "2024", "-01", ":30", "T", "Z", "+02:00", " ", "\t", "\n", "99999999999999999999", "0", "12",
      "nan", "inf",
      "\\x", "\\u", "d83d", "buy", "é", "\u{0}",
    ]
    for _ in 0..<600 {
      let bytes = (0..<Int.random(in: 0...6, using: &random)).flatMap { _ in
        Array((words.randomElement(using: &random) ?? "").utf8)
      }
      for style in [TextStyle.raw, .escaped, .quoted, .csv, .json] {
        for type in types {
          for rule in [OutOfRangeRule.convert, .refuse] {
            do throws(FormatError) {
              let value = try parseText(bytes[...], as: type, style: style, outOfRange: rule)
              #expect(Column(type, of: [value]).rendered(as: style).count == 1)
            } catch {
              #expect(!error.message.isEmpty)
            }
          }
        }
      }
    }
  }

  @Test("columns whose type has no text form are refused by name")
  func refusedTypes() {
    #expect(throws: FormatError.self) {
      try InputFormat.csv.makeDecoder(schema: Schema([Field("i", .interval(.day))]))
    }
  }
}

@Suite struct NumberTextTests {
  @Test("doubles survive text, whatever their bits")
  func doubles() throws {
    let seed: UInt64 = 1
    var random = SeededGenerator(seed: seed)
    var values: [Double] = []
    for _ in 0..<30_000 {
      values.append(Double(bitPattern: random.next()))
      let scale = Int.random(in: 0...9, using: &random)
      values.append(
        Double(Int64.random(in: -1_000_000_000_000...1_000_000_000_000, using: &random))
          / exactPowersOfTen[scale])
    }
    let texts = Column(.float64, .float64(values)).rendered(as: .raw)
    guard case .float64(let back) = try parseColumn(texts, as: .float64).values else {
      Issue.record("no doubles came back")
      return
    }
    for (i, value) in values.enumerated() {
      let same = value.isNaN ? back[i].isNaN : back[i].bitPattern == value.bitPattern
      #expect(same, "seed \(seed): \(value) became \(text(texts[i])) became \(back[i])")
    }
  }

  @Test("decimals of any length are read as the nearest double")
  func decimals() throws {
    let seed: UInt64 = 2
    var random = SeededGenerator(seed: seed)
    for _ in 0..<30_000 {
      var literal = (0..<Int.random(in: 1...30, using: &random)).map { _ in
        String(Int.random(in: 0...9, using: &random))
      }.joined()
      let point = Int.random(in: 0...literal.count, using: &random)
      literal.insert(".", at: literal.index(literal.startIndex, offsetBy: point))
      literal = "0" + literal + "0e\(Int.random(in: -340...310, using: &random))"
      let value = try parseText(Array(literal.utf8)[...], as: .float64, style: .raw)
      #expect(value == .float(try #require(Double(literal))), "seed \(seed): \(literal)")
    }
  }

  @Test("a failed text throws with its row, becomes NULL or zero, as asked")
  func failures() throws {
    let texts = StringValues(["1", "x", "3"])
    #expect(throws: FormatError.self) { try parseColumn(texts, as: .int32) }
    do throws(FormatError) {
      _ = try parseColumn(texts, as: .int32)
    } catch {
      #expect(error.row == 2)
      #expect(error.code == .cannotParseText)
    }
    let nulls = try parseColumn(texts, as: .nullable(.int32), onFailure: .null)
    #expect((0..<3).map { nulls.value(at: $0) } == [.int(1), .null, .int(3)])
    let zeros = try parseColumn(texts, as: .int32, onFailure: .zero)
    #expect((0..<3).map { zeros.value(at: $0) } == [.int(1), .int(0), .int(3)])
  }

  @Test("casts wrap and clamp as ClickHouse does, stored data is refused")
  func outOfRange() throws {
    let cases: [(String, DataType, Value, ErrorCode)] = [
      ("300", .uint8, .uint(44), .valueIsOutOfRangeOfDataType),
      ("128", .int8, .int(-128), .valueIsOutOfRangeOfDataType),
      ("18446744073709551616", .uint64, .uint(0), .valueIsOutOfRangeOfDataType),
      ("2200-01-01", .date, .uint(65_535), .valueIsOutOfRangeOfDataType),
      ("2024-02-30", .date, .uint(19_783), .cannotParseDate),
      (
        "2200-01-01 00:00:00", .dateTime(zone: nil), .uint(4_294_967_295),
        .valueIsOutOfRangeOfDataType
      ),
      ("2024-01-02 25:00:00", .dateTime(zone: nil), .uint(1_704_243_600), .cannotParseDatetime),
    ]
    for (literal, type, converted, code) in cases {
      let bytes = Array(literal.utf8)
      #expect(try parseText(bytes[...], as: type, style: .raw) == converted)
      do throws(FormatError) {
        _ = try parseText(bytes[...], as: type, style: .raw, outOfRange: .refuse)
        Issue.record("\(literal) was taken as \(type)")
      } catch {
        #expect(error.code == code, "\(literal) as \(type)")
      }
    }
  }
}
