import TickColumns

/// Finding elements: both sides become numbers that are equal where the values are, once per batch.
extension FunctionTable {
  static let arraySearch: [ScalarFunction] = [
    search("has", .uint8, "1 where x is an element of a (a key of a map).") { ids, wanted in
      ids.contains(wanted) ? 1 : 0
    },
    search("indexOf", .uint64, "Where x stands in a first, counted from 1; 0 where it does not.") {
      ids, wanted in
      UInt64(ids.firstIndex(of: wanted).map { $0 - ids.startIndex + 1 } ?? 0)
    },
    search("countEqual", .uint64, "How many elements equal x.") { ids, wanted in
      ids.reduce(0 as UInt64) { $0 + ($1 == wanted ? 1 : 0) }
    },
    compared("hasAll", "1 where all elements of b are in a.") { own, other, seen in
      other.allSatisfy { seen($0) }
    },
    compared("hasAny", "1 where an element of b is in a.") { own, other, seen in
      other.contains { seen($0) }
    },
    compared("hasSubstr", "1 where b stands in a, in one piece.") { own, other, _ in
      if other.isEmpty { return true }
      guard own.count >= other.count else { return false }
      return (own.startIndex...own.endIndex - other.count).contains { start in
        own[start..<start + other.count].elementsEqual(other)
      }
    },
  ]

  private static func search(
    _ name: String, _ type: DataType, _ summary: String,
    _ answer: @escaping @Sendable (ArraySlice<Int32>, Int32) -> UInt64
  ) -> ScalarFunction {
    ScalarFunction(
      name, .array, arguments: "a, x", result: type.description,
      summary: summary + " NULL equals NULL.", arity: 2...2, traits: .ownNulls
    ) { (call) throws(SQLError) in
      if name == "has", call.types[0].isMap {
        return .expression(
          try call.builder.call("mapContains", call.arguments, at: call.position))
      }
      let element = try call.commonElement([try call.element(0), call.types[1]])
      let arguments = [try call.cast(0, .array(element)), try call.cast(1, element)]
      return .kernel(type, arguments: arguments) { (input) throws(SQLError) in
        let arrays = ArrayRows(input.operands[0])
        var table = ElementIds([element], nanIsOne: false)
        let ids = try table.ids([arrays.elements])
        let wanted = try table.ids(input.operands[1], rows: input.rows)
        let out = (0..<input.rows).map { row -> UInt64 in
          let id = wanted.element(row)
          return id < 0 ? 0 : answer(ids[arrays.range(row)], id)
        }
        return type == .uint8
          ? .column(type, out.map { UInt8(truncatingIfNeeded: $0) }) : .column(type, out)
      }
    }
  }

  private static func compared(
    _ name: String, _ summary: String,
    _ answer:
      @escaping @Sendable (ArraySlice<Int32>, ArraySlice<Int32>, (Int32) -> Bool) -> Bool
  ) -> ScalarFunction {
    ScalarFunction(
      name, .array, arguments: "a, b", result: "UInt8", summary: summary, arity: 2...2,
      traits: .ownNulls
    ) { (call) throws(SQLError) in
      let element = try call.commonElement([try call.element(0), try call.element(1)])
      let arguments = try call.castAll(to: .array(element))
      return .kernel(.uint8, arguments: arguments) { (input) throws(SQLError) in
        let left = ArrayRows(input.operands[0])
        let right = ArrayRows(input.operands[1])
        var table = ElementIds([element], nanIsOne: false)
        let own = try table.ids([left.elements])
        let other = try table.ids([right.elements])
        // The row whose array had this number last.
        var marks = [Int](repeating: -1, count: table.count)
        var out = [UInt8](repeating: 0, count: input.rows)
        for row in 0..<input.rows {
          let range = left.range(row)
          for id in own[range] where id >= 0 { marks[Int(id)] = row }
          let found = answer(own[range], other[right.range(row)]) {
            $0 >= 0 && marks[Int($0)] == row
          }
          out[row] = found ? 1 : 0
        }
        return .column(.uint8, out)
      }
    }
  }
}
