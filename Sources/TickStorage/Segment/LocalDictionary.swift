internal import TickColumns

/// The strings of a low-cardinality column that its rows use, ascending, and the way from old codes to new.
struct LocalDictionary {
  let dictionary: StringDictionary
  /// Old code -> new code; codes that no row uses map to 0.
  let newCodes: [UInt32]

  /// Nil for columns of other types.
  init?(_ column: Column) {
    guard case .codes(let codes, let old) = column.values else { return nil }
    var isUsed = [Bool](repeating: false, count: old.count)
    for code in codes { isUsed[Int(code)] = true }
    let used = isUsed.indices.filter { isUsed[$0] }.sorted {
      StringValues.compare(old.values[$0], old.values[$1]) < 0
    }
    var values = StringValues()
    var new = [UInt32](repeating: 0, count: old.count)
    // Under a NULL lies the empty string, and it shall have code 0.
    if column.type.isNullable { values.append([]) }
    for code in used {
      let text = old.values[code]
      if values.count == 0 || StringValues.compare(values[values.count - 1], text) != 0 {
        values.append(text)
      }
      new[code] = UInt32(values.count - 1)
    }
    dictionary = StringDictionary(values)
    newCodes = new
  }
}
