/// ClickHouse's settings by name: what type each has, its default, and what it does here.
///
/// Invariants:
/// 1. Every name that ClickHouse has is known here; any other is error 115.
/// 2. A setting acts, cannot change an answer, or is refused with 48 unless it has a value that describes what
///    happens anyway: nothing that could change an answer is accepted and ignored.
/// 3. A value is checked by its type before anything is done with it, so that every name refuses nonsense alike.
import TickColumns
import TickSQL

struct Setting: Sendable {
  enum Act: Sendable, Hashable {
    /// The engine does something with it.
    case acts
    /// Any value of its type is right.
    case harmless
    /// As harmless, since ClickHouse itself does nothing with it any more.
    case obsolete
    /// Only these values describe what happens here.
    case only([String])
  }

  let name: String
  /// ClickHouse's word for the type: Bool, UInt64, Seconds, OverflowMode ...
  let type: String
  let defaultValue: String
  let act: Act
  /// The name that this one stands for; empty for a name of its own.
  let original: String
  /// A word on why, for people.
  let note: String

  /// All of them in the order of their names.
  static let all: [Setting] = SettingData.text.split(separator: "\n").map { line in
    var fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(unescaped)
    while fields.count < 6 { fields.append("") }
    let act: Act
    switch fields[3] {
    case "a": act = .acts
    case "h": act = .harmless
    case "o": act = .obsolete
    case "f":
      act = .only(
        fields[4].split(separator: ",", omittingEmptySubsequences: false).map { String($0) })
    default: act = .only([fields[2]])
    }
    return Setting(
      name: fields[0], type: fields[1], defaultValue: fields[2], act: act,
      original: fields[3] == "s" ? fields[4] : "", note: fields[5])
  }

  private static let places: [String: Int] = Dictionary(
    uniqueKeysWithValues: all.indices.map { (all[$0].name, $0) })

  /// The setting of a name or of the name that it stands for; nil when ClickHouse has none.
  static func named(_ name: String) -> Setting? {
    guard let place = places[name] else { return nil }
    let setting = all[place]
    return setting.original.isEmpty ? setting : named(setting.original)
  }

  /// The setting, or error 115 with the nearest name.
  static func required(_ name: String) throws(EngineError) -> Setting {
    if let setting = named(name) { return setting }
    let near = nearestName(name, among: all.map(\.name)).map { ". Maybe you meant: '\($0)'" } ?? ""
    throw EngineError(.unknownSetting, "Unknown setting '\(name)'\(near)")
  }

  private static func unescaped(_ field: Substring) -> String {
    guard field.contains("\\") else { return String(field) }
    var text = ""
    var rest = field
    while let character = rest.popFirst() {
      guard character == "\\", let escaped = rest.popFirst() else {
        text.append(character)
        continue
      }
      if escaped == "x", let code = UInt8(rest.prefix(2), radix: 16) {
        text.unicodeScalars.append(Unicode.Scalar(code))
        rest = rest.dropFirst(2)
      } else {
        text.append(escaped)
      }
    }
    return text
  }
}

// MARK: Values

extension Setting {
  /// A value in the form that `system.settings` shows: flags as 0 and 1, counts without their suffix. Throws 36
  /// where the type has no such value.
  func canonical(_ value: String) throws(EngineError) -> String {
    switch type {
    case "Bool": return try settingFlag(name, value) ? "1" : "0"
    case "UInt64", "NonZeroUInt64":
      // What does not act may be larger than any count here.
      if let number = UInt64(value) { return String(number) }
      return String(try settingCount(name, value))
    case "Int64", "Int32":
      guard let number = Int(value) else { throw invalidSetting(name, value, "a whole number") }
      return String(number)
    case "Float", "Double", "Seconds", "Milliseconds":
      guard let number = Double(value), number.isFinite else {
        throw invalidSetting(name, value, "a number")
      }
      return number == number.rounded() && abs(number) < 1e15 ? String(Int(number)) : "\(number)"
    default: return value
    }
  }

  /// A value as SQL sees it, as by `getSetting`: with the type that a literal of it has.
  func literal(_ value: String) -> (value: Value, type: DataType) {
    switch type {
    case "Bool": return (.uint(value == "1" || value == "true" ? 1 : 0), .bool)
    case "UInt64", "NonZeroUInt64", "UInt64Auto", "MaxThreads", "Milliseconds", "Int64", "Int32":
      if let number = UInt64(value) {
        let type: DataType =
          switch number {
          case ...UInt64(UInt8.max): .uint8
          case ...UInt64(UInt16.max): .uint16
          case ...UInt64(UInt32.max): .uint32
          default: .uint64
          }
        return (.uint(number), type)
      }
      if let number = Int64(value) { return (.int(number), .int64) }
    case "Float", "Double", "Seconds", "FloatAuto":
      if let number = Double(value) { return (.float(number), .float64) }
    default: break
    }
    return (.text(value), .string)
  }

  /// Whether a value, in its canonical form, says what happens here anyway.
  func allows(_ value: String) throws(EngineError) -> Bool {
    guard case .only(let values) = act else { return true }
    for allowed in values where try canonical(allowed) == value { return true }
    return false
  }
}

// MARK: Reading values

/// A count, perhaps with ClickHouse's suffixes: K, M, G, T are powers of a thousand, Ki and so on of 1024.
func settingCount(_ name: String, _ value: String) throws(EngineError) -> Int {
  let digits = value.prefix { $0.isASCII && $0.isNumber }
  var suffix = value.dropFirst(digits.count)
  var unit = 1000
  if suffix.last == "i" {
    unit = 1024
    suffix.removeLast()
  }
  let powers = ["": 0, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5]
  guard var number = Int(digits), let power = powers[String(suffix)], power > 0 || unit == 1000
  else { throw invalidSetting(name, value, "a number of at least 0") }
  for _ in 0..<power {
    let (product, isOver) = number.multipliedReportingOverflow(by: unit)
    guard !isOver else { throw invalidSetting(name, value, "a number below 2 to the 63") }
    number = product
  }
  return number
}

/// A share of something, from 0 to below 1 as in ClickHouse.
func settingRatio(_ name: String, _ value: String) throws(EngineError) -> Double {
  guard let ratio = Double(value), ratio >= 0, ratio < 1 else {
    throw invalidSetting(name, value, "a number from 0 to below 1")
  }
  return ratio
}

func settingFlag(_ name: String, _ value: String) throws(EngineError) -> Bool {
  switch value.lowercased() {
  case "1", "true": return true
  case "0", "false": return false
  default: throw invalidSetting(name, value, "0 or 1")
  }
}

func invalidSetting(_ name: String, _ value: String, _ wanted: String) -> EngineError {
  EngineError(.badArguments, "setting '\(name)' is '\(value)', which is not \(wanted)")
}
