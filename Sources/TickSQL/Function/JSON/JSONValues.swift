/// What a JSON value is as a number, a truth or a text; nil where it is none, by ClickHouse's rules.
import TickColumns
import TickFormats

extension JSONTape {
  /// A number cut toward zero, or one in a string; nil where it does not fit.
  func integer<T: FixedWidthInteger>(_ node: Int, _ type: T.Type, takesBool: Bool) -> T? {
    switch kind(node) {
    case .int: return T(exactly: int(node))
    case .uint: return T(exactly: uint(node))
    case .double: return Self.cut(number(node))
    case .yes, .no: return takesBool ? (kind(node) == .yes ? 1 : 0) : nil
    case .string, .long:
      let text = kind(node) == .long ? Array(rawBytes(node)) : string(node)
      if let number = T(String(decoding: text, as: UTF8.self)) { return number }
      return Self.real(text).flatMap { Self.cut($0) }
    case .null, .array, .object: return nil
    }
  }

  func real(_ node: Int, takesBool: Bool) -> Double? {
    switch kind(node) {
    case .int: Double(int(node))
    case .uint: Double(uint(node))
    case .double, .long: number(node)
    case .yes, .no: takesBool ? (kind(node) == .yes ? 1 : 0) : nil
    case .string: Self.real(string(node))
    case .null, .array, .object: nil
    }
  }

  func bool(_ node: Int) -> Bool? {
    switch kind(node) {
    case .yes: true
    case .no: false
    case .int: int(node) != 0
    case .uint: true
    default: nil
    }
  }

  /// A string as it is, other values as JSON; nil for null.
  func text(_ node: Int) -> [UInt8]? {
    switch kind(node) {
    case .null: return nil
    case .string: return string(node)
    case .long: return Array(rawBytes(node))
    default:
      var out: [UInt8] = []
      write(node, into: &out)
      return out
    }
  }

  func forEachMember(_ node: Int, _ body: (_ key: Int, _ value: Int) -> Void) {
    guard kind(node) == .object else { return }
    var key = firstChild(node)
    for _ in 0..<count(node) {
      body(key, key + 1)
      key = next(key + 1)
    }
  }

  private static func cut<T: FixedWidthInteger>(_ number: Double) -> T? {
    T(exactly: number.rounded(.towardZero))
  }

  private static func real(_ text: [UInt8]) -> Double? {
    guard case .float(let number)? = try? parseText(text[...], as: .float64, style: .raw) else {
      return nil
    }
    return number
  }
}
