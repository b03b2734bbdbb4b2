import Foundation
import TestSupport
import TickColumns
import Testing

@testable import TickSQL

/// Every function with arguments of every kind: nothing traps, and a function gives the same for a constant as
/// for a column that holds it.
@Suite struct FunctionRobustnessTests {
  private static let arguments = [
    "0", "1", "7", "255", "-1", "-128", "65536", "18446744073709551615", "-9223372036854775808",
    "9223372036854775807", "1.5", "-0.0", "nan", "inf", "-1e300", "5e-324", "true", "'abc'", "''",
    "'2024-03-10 13:47:22'", "'day'", "'UTC'", "'%a_'", "'(a)|[b-z]+'", "'{a:1}'",
    #"'{"a":[1,{"b":null}]}'"#,
    "NULL", "toNullable(3)", "nullIf(2, 2)",
    "CAST(NULL AS Nullable(String))", "toDate('2024-03-10')", "toDate(65535)",
    "toDateTime('2024-03-10 13:47:22')", "toDateTime(4294967295)",
    "toDateTime64('2024-03-10 13:47:22.123456789', 9)", "toDateTime64(-9223372036854775808, 0)",
    "CAST(9223372036854775807, 'DateTime64(9)')", "fromUnixTimestamp64Nano(-9223372036854775808)",
    "fromUnixTimestamp64Second(9223372036854775807)",
    "fromUnixTimestamp64Second(-9223372036854775808)", "toIntervalMinute(5)",
    "toIntervalMonth(-9223372036854775808)", "toIntervalYear(9223372036854775807)",
    "toIntervalNanosecond(9223372036854775807)", "toLowCardinality('x')", "(1, 'a')", "(1, NULL)",
    "tuple()", "CAST('b', 'Enum8(\\'a\\' = 1, \\'b\\' = -2)')",
    "CAST('b', 'Enum16(\\'a\\' = 1, \\'b\\' = -300)')", "toFloat32(0.1)", "toFloat32(nan)",
    "toFloat32(-3e38)", "toInt128('-170141183460469231731687303715884105728')",
    "toUInt128('340282366920938463463374607431768211455')", "toDecimal32('-9999999.99', 2)",
    "toDecimal64(1.5, 18)", "toDecimal128('99999999999999999999999999999999999999', 0)",
    "toDecimal128('-0.00000000000000000000000000000000000001', 38)", "toFixedString('ab', 4)",
    "toDate32('0000-01-01')", "toDate32('9999-12-31')", "toIPv4('255.255.255.255')",
    "toIPv6('::1')", "toUUID('ffffffff-ffff-ffff-ffff-ffffffffffff')",
    "[1, 2, 2]", "[1.5, nan, -0.0]", "['a', NULL]", "[[1], []]", "[]", "map('a', 1, 'b', 2)",
    "[(1, 'a')]", "[toDecimal32(1.5, 2)]", "[-1]",
    "CAST('[1,NULL,3]', 'Array(Nullable(Int8))')", "CAST('[]', 'Array(String)')",
    "CAST('{\\'a\\':1}', 'Map(String, UInt8)')", "toNullable(toDecimal32(1, 1))",
  ]

  private func outcome(_ text: String) -> Result<[[String]], SQLError> {
    do {
      return .success(try rows(text))
    } catch let error as SQLError {
      return .failure(error)
    } catch {
      return .failure(SQLError(.logicalError, "\(error)"))
    }
  }

  /// Functions of the moment or of the query, and those that want constants.
  private static let constantsOnly: Set<String> = [
    "CAST", "toTypeName", "throwIf", "materialize", "tupleElement", "dateDiff", "toDateTime64",
    "toStartOfInterval", "toStartOfWeek", "round", "floor", "ceil", "trunc", "in", "notIn",
    "sleep", "sleepEachRow", "now64", "now", "toFixedString", "toDecimal32", "toDecimal64",
    "toDecimal128", "rand", "rand64",
    "generateUUIDv4", "generateUUIDv7", "isConstant", "randCanonical", "randUniform", "randNormal",
    "randLogNormal",
    "randExponential", "randChiSquared", "randStudentT", "randFisherF", "randBernoulli",
    "randBinomial", "randNegativeBinomial", "randPoisson",
  ]

  /// Calls per function; `TICKBASE_FUZZ_ROUNDS` asks for more, `TICKBASE_FUZZ_SEED` for others.
  private let rounds =
    ProcessInfo.processInfo.environment["TICKBASE_FUZZ_ROUNDS"].flatMap(Int.init) ?? 60
  private let seed =
    ProcessInfo.processInfo.environment["TICKBASE_FUZZ_SEED"].flatMap(UInt64.init) ?? 20_240_808

  @Test func functionsAgreeOnConstantsAndColumns() throws {
    var random = SplitMix64(seed: seed)
    var compared = 0
    for function in FunctionTable.scalars {
      let counts = Array(function.arity.clamped(to: 0...4))
      for _ in 0..<rounds {
        let count = counts.randomElement(using: &random) ?? 0
        let chosen = (0..<count).map { _ in
          Self.arguments.randomElement(using: &random) ?? "0"
        }
        let constant = "SELECT \(function.name)(\(chosen.joined(separator: ", "))) FROM numbers(3)"
        let moved = chosen.map { argument in
          Bool.random(using: &random) ? "materialize(\(argument))" : argument
        }
        let column = "SELECT \(function.name)(\(moved.joined(separator: ", "))) FROM numbers(3)"
        let first = outcome(constant)
        let second = outcome(column)
        if case .failure(let error) = first { #expect(error.code != .logicalError, "\(constant)") }
        guard !Self.constantsOnly.contains(function.name), case .success(let wanted) = first,
          case .success(let got) = second
        else { continue }
        compared += 1
        #expect(wanted == got, "seed \(seed): \(column)")
      }
    }
    #expect(compared > 1_000)
  }

  private static let lambdas = [
    "x -> x", "x -> x > 1", "x -> NULL", "x -> (x, number)", "x -> [x, x]", "x -> toString(x)",
    "x -> 1", "x -> arraySum(y -> y + number, [1, 2])", "(x, y) -> y", "(x, y) -> x = y",
    "(x, y) -> if(number = 1, x, y)", "(x, y) -> (y, x)", "x -> intDiv(x, number + 1) > 0",
  ]

  @Test func lambdasAgreeOnConstantsAndColumns() throws {
    var random = SplitMix64(seed: seed &+ 2)
    var compared = 0
    let arrays = Self.arguments.filter { $0.hasPrefix("[") || $0.hasPrefix("map") }
    for function in FunctionTable.scalars where function.traits.contains(.takesLambda) {
      for _ in 0..<rounds {
        let lambda = Self.lambdas.randomElement(using: &random) ?? ""
        let count = lambda.hasPrefix("(") && function.group == .array ? 2 : 1
        var chosen = (0..<count).map { _ in arrays.randomElement(using: &random) ?? "[]" }
        if function.name == "arrayFold" { chosen.append("toInt64(0)") }
        func query(_ arguments: [String]) -> String {
          "SELECT \(function.name)(\(([lambda] + arguments).joined(separator: ", "))) FROM numbers(3)"
        }
        let first = outcome(query(chosen))
        let moved = query(chosen.map { "materialize(\($0))" })
        if case .failure(let error) = first { #expect(error.code != .logicalError, "\(moved)") }
        guard case .success(let wanted) = first, case .success(let got) = outcome(moved) else {
          continue
        }
        compared += 1
        #expect(wanted == got, "seed \(seed): \(moved)")
      }
    }
    #expect(compared > 200)
  }

  @Test func aggregatesTakeEveryType() throws {
    var random = SplitMix64(seed: seed &+ 1)
    for function in AggregateFunction.all {
      for _ in 0..<rounds {
        let count = Array(function.arity.clamped(to: 0...3)).randomElement(using: &random) ?? 0
        var chosen = (0..<count).map { _ in
          "materialize(\(Self.arguments.randomElement(using: &random) ?? "0"))"
        }
        let isIf = Bool.random(using: &random)
        if isIf { chosen.append("number % 2 = 0") }
        let distinct = Bool.random(using: &random) && count > 0 ? "DISTINCT " : ""
        let call =
          "\(function.name)\(isIf ? "If" : "")(\(distinct)\(chosen.joined(separator: ", ")))"
        for query in [
          "SELECT \(call) FROM numbers(5)",
          "SELECT number % 2 AS k, \(call) FROM numbers(5) GROUP BY k",
          "SELECT \(call) FROM numbers(0)",
        ] {
          if case .failure(let error) = outcome(query) {
            #expect(error.code != .logicalError, "\(query)")
          }
        }
      }
    }
  }

  @Test func everyTypeSortsGroupsAndIsMadeDistinct() throws {
    for argument in Self.arguments {
      for query in [
        "SELECT materialize(\(argument)) AS x, number FROM numbers(3) ORDER BY x DESC, number",
        "SELECT if(number = 1, NULL, number) AS n, materialize(\(argument)) AS x, count() FROM numbers(3) GROUP BY n, x",
        "SELECT DISTINCT materialize(\(argument)) FROM numbers(3)",
        "SELECT count() FROM numbers(3) WHERE materialize(\(argument)) IN (1, 'a', NULL)",
        "SELECT x FROM (SELECT materialize(\(argument)) AS x FROM numbers(3)) WHERE x = x LIMIT 2",
      ] {
        if case .failure(let error) = outcome(query) {
          #expect(error.code != .logicalError, "\(query)")
        }
      }
    }
  }
}
