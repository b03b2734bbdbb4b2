import Testing

@testable import TickSQL

/// States of aggregates as values: what goes out and comes in again is what the aggregate itself gives.
@Suite struct StateTests {
  @Test(arguments: [
    "count()", "count(if(number % 3 = 0, NULL, number))", "sum(number)", "sum(toInt8(-number))",
    "sum(number / 8)", "sum(toFloat32(number) / 8)", "sum(toDecimal64(number, 3))",
    "sum(if(number % 3 = 0, NULL, number))",
    "avg(number)", "avg(-number)", "avg(number / 8)", "avg(toDecimal32(number, 2))",
    "avg(toDate(number))", "avg(toDateTime64(number, 3, 'UTC'))", "avg(toDate32(number))",
    "min(number)", "max(toString(number))", "max((number % 7, toString(number)))",
    "min([number % 5, number])", "max(toFloat32(number))", "max(-number / 8)",
    "min(toInt128(number))", "max(toFixedString(toString(number % 10), 3))", "any(number)",
    "anyLast(toString(number))", "argMin(number, number % 7)", "argMax(toString(number), number)",
    "argMin(number, toString(number % 3))", "argMax(number, -number / 8)",
    "argMax((number, 1), toFloat32(number % 11))",
    "argMin(if(number = 0, NULL, number), if(number % 2 = 0, NULL, number))",
    "uniqExact(number % 17)", "uniqExact(toString(number % 17))",
    "uniqExact(number % 3, toString(number % 5))", "uniqExact(toDecimal32(number % 4, 1))",
    "groupArray(number)", "groupArray(5)(toString(number))",
    "groupArray(toDateTime64(number, 3, 'UTC'))", "groupUniqArray(number % 5)",
    "quantileExact(0.3)(number)", "quantilesExact(0.1, 0.9)(number / 8)",
    "quantileExactLow(0.5)(toInt16(-number))", "quantileExactInclusive(0.7)(number)",
    "quantileExact(if(number % 3 = 0, NULL, number))", "sumIf(number, number % 2 = 1)",
    "countIf(number % 2 = 1)", "countIf(if(number % 3 = 0, NULL, number), number % 2 = 1)",
    "argMaxIf(number, number % 7, number < 50)", "avgIf(number, number > 1000)",
    "sumOrNull(number)", "minOrNullIf(number, number > 1000)", "maxOrDefault(toString(number))",
    "sumWithOverflow(toInt8(number))", "sumWithOverflow(number / 8)", "sumKahan(number / 8)",
    "sumKahan(number)", "sumCount(number)", "sumCount(number / 8)", "groupBitAnd(number + 64)",
    "groupBitOr(toUInt8(number))", "groupBitXor(-number)", "sumMap(map(number % 3, number))",
    "sumMap(map(toString(number % 3), number / 8))", "minMap(map(number % 3, -number))",
    "maxMapIf(map(number % 3, toUInt8(number)), number % 2 = 1)",
    "avgWeighted(number, number % 4)", "avgWeighted(-number, toInt8(number % 4))",
    "avgWeighted(number / 4, number / 2)", "sumCount(toDecimal32(number, 2))",
    "sumKahan(toFloat32(number) / 8)", "quantileExact(toDecimal32(number, 2))",
    "deltaSum(number % 7)", "deltaSum(toFloat32(number % 7) / 4)", "deltaSum(-number % 7 / 4)",
    "deltaSumTimestamp(number % 7, 200 - number)", "deltaSumIf(number, number % 3 = 1)",
    "sumArray([number, 1])",
    "maxIf(if(number % 3 = 0, NULL, number), number % 2 = 1)",
  ])
  func mergedStatesGiveTheAggregate(_ call: String) throws {
    // `quantileExact(0.3)(x)` has its suffix before the parameters.
    let name = call.prefix { $0 != "(" }
    let rest = call.dropFirst(name.count)
    let parameters = rest.contains(")(") ? rest.prefix { $0 != ")" } + ")" : ""
    let plain = try rows("SELECT \(call) FROM numbers(100)")
    let merged = try rows(
      "SELECT \(name)Merge\(parameters)(s) FROM (SELECT \(name)State\(rest) AS s FROM numbers(100) "
        + "GROUP BY intDiv(number, 9) ORDER BY min(number))")
    #expect(merged == plain)
    let twice = try rows(
      "SELECT \(name)Merge\(parameters)(s) FROM (SELECT \(name)MergeState\(parameters)(s) AS s FROM (SELECT "
        + "number AS k, \(name)State\(rest) AS s FROM numbers(100) GROUP BY number ORDER BY number))"
    )
    #expect(twice == plain)
    let single = try rows(
      "SELECT finalizeAggregation(\(name)State\(rest)), toTypeName(\(name)State\(rest)) FROM numbers(100)"
    )
    #expect([[single[0][0]]] == plain)
  }

  @Test func sumsOfShortDecimalsStayExact() throws {
    let states =
      "SELECT sumState(number / 10) AS s FROM numbers(1000) GROUP BY number % 37 ORDER BY number % 37"
    #expect(try rows("SELECT sumMerge(s) FROM (\(states))") == [["49950"]])
  }

  @Test(arguments: [
    "uniqState(number)", "quantileState(number)", "topKState(2)(number)",
    "avgWeightedState(number / 2, number)", "sumKahanState(toDecimal32(number, 2))",
    "groupArrayState([number])", "sumMapState([number], [number])", "sumSimpleState(number)",
    "sumIfState(number, toNullable(1))", "countDistinctState(number)",
  ])
  func otherStatesAreRefused(_ call: String) throws {
    #expect(failure("SELECT \(call) FROM numbers(3)")?.code == .notImplemented)
  }

  @Test func anAverageTooLongForItsStateIsRefused() throws {
    let query = "SELECT avgState(toUInt64(18446744073709551615)) FROM numbers(2)"
    #expect(failure(query)?.code == .decimalOverflow)
  }
}
