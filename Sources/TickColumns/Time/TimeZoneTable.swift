/// All zones, read once out of `TimeZoneData` when the first one is asked for.
///
/// How the text is written stands in `tools/zones`. It is part of the program, so whatever is wrong with it is a bug
/// of the build and traps here.
struct TimeZoneTable: Sendable {
  let names: [String]
  let zones: [String: TimeZone]

  static let shared = TimeZoneTable()

  private init() {
    var reader = ZoneNumberReader(TimeZoneData.numbers)
    let steps = reader.list { (seconds: Int64($0.next()), change: $0.nextSigned()) }
    let rules = reader.list { $0.rules(steps) }
    let rulesOfZones = reader.list { rules[$0.next()] }
    let words = TimeZoneData.names.split { $0 == " " || $0 == "\n" }.map { String($0) }
    precondition(words.count == rulesOfZones.count, "a rule for every zone")
    names = words
    zones = Dictionary(
      uniqueKeysWithValues: zip(words, rulesOfZones).map { name, rules in
        (name, TimeZone(name: name, rules: rules))
      })
  }
}

private struct ZoneNumberReader {
  let digits: [UInt8]
  var at = 0

  init(_ text: String) {
    digits = text.utf8.filter { $0 != 0x0A }
  }

  mutating func next() -> Int {
    var number = 0
    var shift = 0
    while true {
      let digit = Int(digits[at]) - 48
      at += 1
      number |= (digit & 31) << shift
      if digit < 32 { return number }
      shift += 5
    }
  }

  mutating func nextSigned() -> Int64 {
    let number = Int64(next())
    return number & 1 == 0 ? number >> 1 : -(number >> 1) - 1
  }

  mutating func list<Element>(_ element: (inout ZoneNumberReader) -> Element) -> [Element] {
    let count = next()
    return (0..<count).map { _ in element(&self) }
  }

  mutating func rules(_ steps: [(seconds: Int64, change: Int64)]) -> ZoneRules {
    var starts = [Int64.min]
    var offsets = [nextSigned()]
    let count = next()
    for i in 0..<count {
      if i == 0 {
        starts.append(nextSigned())
        offsets.append(offsets[0] + nextSigned())
        continue
      }
      let number = next()
      let step =
        number == 0 ? (seconds: Int64(next()), change: nextSigned()) : steps[number - 1]
      starts.append(starts[i] + step.seconds)
      offsets.append(offsets[i] + step.change)
    }
    let last = count == 0 ? 0 : starts[count]
    return ZoneRules(
      starts: starts, offsets: offsets, yearly: next() == 0 ? nil : yearly(behind: last))
  }

  private mutating func yearly(behind last: Int64) -> YearlyRule {
    YearlyRule(
      from: last + Int64(next()), standard: nextSigned(), summer: nextSigned(), start: moment(),
      end: moment())
  }

  private mutating func moment() -> YearlyRule.Moment {
    YearlyRule.Moment(month: next(), week: next(), weekday: next(), seconds: nextSigned())
  }
}
