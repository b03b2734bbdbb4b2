import TickColumns
import TickFormats

/// Literals and identifiers written as ClickHouse writes them, so that they can be read again.

/// The text of a literal in a column name or a printed statement: `'it\'s'`, `1.`, `-1`, `NULL`.
func literalText(_ literal: Literal) -> String {
  switch literal {
  case .null: "NULL"
  case .bool(let value): value ? "true" : "false"
  case .unsigned(let value): String(value)
  case .negative(let value): String(value)
  case .float(let value): floatLiteralText(value)
  case .string(let bytes): quotedLiteral(bytes)
  }
}

/// A double that reads as one: the shortest digits, with a dot where nothing else tells it from an integer.
private func floatLiteralText(_ value: Double) -> String {
  var bytes: [UInt8] = []
  Column(.float64, .float64([value])).writeText(row: 0, style: .raw, into: &bytes)
  let text = String(decoding: bytes, as: UTF8.self)
  return value.isFinite && !text.contains(".") && !text.contains("e") ? "\(text)." : text
}

/// A string literal. Bytes that are not UTF-8 are written as `\xHH`, which the lexer reads back.
public func quotedLiteral(_ bytes: [UInt8]) -> String {
  escaped(bytes, quote: UInt8(ascii: "'"))
}

/// An identifier as it can stand in a statement: quoted unless it is a plain word that no rule could take for
/// something else.
public func quotedIdentifierIfNeeded(_ name: String) -> String {
  let bytes = Array(name.utf8)
  let isPlain =
    !bytes.isEmpty && !(0x30...0x39).contains(bytes[0])
    && bytes.allSatisfy {
      (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_")
    }
  if isPlain, !wordsToQuote.contains(name.uppercased()) { return name }
  return escaped(bytes, quote: UInt8(ascii: "`"))
}

private let wordsToQuote: Set<String> = [
  "ALL", "CASE", "DISTINCT", "FALSE", "FROM", "INF", "INTERVAL", "NAN", "NOT", "NULL", "SELECT",
  "SOME", "TABLE", "TOP", "TRUE", "VALUES", "WITH",
]

private func escaped(_ bytes: [UInt8], quote: UInt8) -> String {
  let isText = String(validating: bytes, as: UTF8.self) != nil
  var out = [quote]
  for byte in bytes {
    switch byte {
    case 0x08: out += Array("\\b".utf8)
    case 0x0C: out += Array("\\f".utf8)
    case 0x0D: out += Array("\\r".utf8)
    case 0x0A: out += Array("\\n".utf8)
    case 0x09: out += Array("\\t".utf8)
    case 0x00: out += Array("\\0".utf8)
    case UInt8(ascii: "\\"), quote: out += [UInt8(ascii: "\\"), byte]
    case 0x80...0xFF where !isText:
      let digits = String(byte, radix: 16, uppercase: true)
      out += Array("\\x\(digits)".utf8)
    default: out.append(byte)
    }
  }
  out.append(quote)
  return String(decoding: out, as: UTF8.self)
}
