import Testing
import TickColumns

@testable import TickFormats

/// The types beyond the first ones, with the settings that change their text.
@Suite struct TypeTextTests {
  @Test("wider and nested types are written as ClickHouse writes them, in every style")
  func writing() throws {
    var checked = 0
    for row in try Vectors.rows("type_write.tsv") {
      let type = try DataType.parse(row[0])
      let words = row[1].split(separator: " ").map(String.init)
      let expected = unhex(row[3])
      // ClickHouse writes broken digits for unix time before 1970.
      if text(expected).contains("0.+") { continue }
      let value = row[2] == "N" ? .null : try parseText(unhex(row[2])[...], as: type, style: .raw)
      var out: [UInt8] = []
      let cells = Column(type, of: [value]).rendered(
        as: Self.style(words[0]), options: Self.options(words.count > 1 ? words[1] : ""))
      out += cells.bytes
      #expect(
        out == expected,
        "\(row[0]) \(row[1]) '\(text(unhex(row[2])))': \(text(out)) instead of \(text(expected))")
      checked += 1
    }
    #expect(checked > 1_400)
  }

  private static func style(_ name: String) -> TextStyle {
    var json = JSONStyle()
    switch name {
    case "raw": return .raw
    case "escaped": return .escaped
    case "quoted": return .quoted
    case "csv": return .csv
    case "jsonQuoted": json.quotes64BitIntegers = true
    case "jsonDenormals": json.quotesDenormals = true
    case "jsonDecimals": json.quotesDecimals = true
    case "jsonSlashes": json.escapesSlashes = false
    case "jsonArrays": json.namesTuples = false
    case "jsonDocument":
      json.replacesInvalidUTF8 = true
      json.indentation = 3
    default: break
    }
    return .json(json)
  }

  private static func options(_ name: String) -> TextOptions {
    var options = TextOptions()
    switch name {
    case "zeros": options.keepsDecimalZeros = true
    case "iso": options.timeFormat = .iso
    case "unix": options.timeFormat = .unixTimestamp
    case "words":
      options.trueWord = "yes"
      options.falseWord = "no"
    case "marks":
      options.csvNull = "-"
      options.tsvNull = "nil"
    case "semicolon": options.csvDelimiter = 0x3B
    default: break
    }
    return options
  }

  @Test("texts of wider and nested types are read as ClickHouse reads them, in every style")
  func reading() throws {
    var checked = 0
    // Texts that ClickHouse takes and we refuse, or the other way round; README.md says why.
    let known = Set(try Vectors.rows("type_differences.tsv"))
    var differences: Set<[String]> = []
    for row in try Vectors.rows("type_read.tsv") {
      let type = try DataType.parse(row[0])
      let input = unhex(row[2])
      let style: TextStyle =
        switch row[1] {
        case "raw": .raw
        case "escaped": .escaped
        case "quoted": .quoted
        case "csv": .csv
        default: .json
        }
      var answer: String
      do {
        let value = try parseText(
          input[...], as: type, style: style, outOfRange: row[1] == "raw" ? .convert : .refuse)
        var out: [UInt8] = []
        Column(type, of: [value]).writeText(row: 0, style: .raw, into: &out)
        answer = value == .null ? "N" : "V" + text(out)
      } catch {
        answer = "E\(error.code.rawValue)"
      }
      // Text of a fixed width prints without the zeros that fill it.
      let plain = type.withoutLowCardinality.withoutNullable
      if case .fixedString = plain {
        while answer.utf8.last == 0 { answer.unicodeScalars.removeLast() }
      }
      let expected = row[3].hasPrefix("V") ? "V" + text(unhex(row[3].dropFirst())) : row[3]
      checked += 1
      // Both refuse; the codes of broken nested values say little.
      if answer.hasPrefix("E"), expected.hasPrefix("E") { continue }
      if answer == expected { continue }
      let place = Array(row[0...2])
      differences.insert(place)
      #expect(
        known.contains(place),
        "\(row[0]) \(row[1]) '\(text(input))': \(answer) instead of \(expected)")
    }
    #expect(known.subtracting(differences).isEmpty)
    #expect(checked > 1_000)
  }
}
