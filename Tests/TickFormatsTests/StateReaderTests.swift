import Testing
import TestSupport
import TickColumns

@testable import TickFormats

/// States of aggregates as bytes: whatever comes in, nothing is read outside of it.
@Suite struct StateReaderTests {
  private static let types = [
    "AggregateFunction(count)", "AggregateFunction(count, Nullable(UInt8))",
    "AggregateFunction(sum, Nullable(Float64))", "AggregateFunction(avg, Decimal(9, 2))",
    "AggregateFunction(avgOrNull, UInt8)", "AggregateFunction(max, String)",
    "AggregateFunction(any, Array(Tuple(UInt8, Nullable(String))))",
    "AggregateFunction(argMin, String, Enum8('a' = 1))",
    "AggregateFunction(argMaxIf, Nullable(Date), FixedString(3), UInt8)",
    "AggregateFunction(uniqExact, String, UInt8)", "AggregateFunction(groupArray(3), UUID)",
    "AggregateFunction(groupArray, String)", "AggregateFunction(groupUniqArray, Decimal(5, 2))",
    "AggregateFunction(quantilesExact(0.1, 0.9), DateTime64(3))",
  ]

  @Test(arguments: types)
  func namesAreReadBack(_ name: String) throws {
    #expect(try DataType.parse(name).description == name)
  }

  @Test(arguments: [
    "AggregateFunction(foo, UInt8)", "AggregateFunction(uniq, UInt8)",
    "AggregateFunction(sum, String)", "AggregateFunction(sum)", "AggregateFunction(argMin, UInt8)",
    "AggregateFunction(groupArray, Array(UInt8))", "AggregateFunction(sumIf, UInt8, String)",
    "AggregateFunction(sumOrNull, Nullable(UInt8))",
    "AggregateFunction(any, AggregateFunction(count))", "AggregateFunction(If, UInt8)",
  ])
  func whatHasNoLayoutIsRefused(_ name: String) {
    do throws(TypeNameError) {
      _ = try DataType.parse(name)
      Issue.record("\(name) is a type")
    } catch {
      #expect(error.code == .notImplemented)
    }
  }

  @Test(arguments: types)
  func theEmptyStateIsOne(_ name: String) throws {
    let type = try stateType(name)
    try checkStates(
      StringValues(offsets: [0, type.layout.empty.count], bytes: type.layout.empty), type)
  }

  /// Random bytes, biased to small ones so that lengths and marks are believed now and then.
  @Test(arguments: types)
  func randomBytesAreAStateOrAnError(_ name: String) throws {
    let type = try stateType(name)
    let shape = BinaryShape(.aggregateFunction(type))
    var random = SplitMix64(seed: 0x57A7E)
    var whole = 0
    for _ in 0..<20_000 {
      let count = Int.random(in: 0...24, using: &random)
      var bytes = (0..<count).map { _ in
        UInt8.random(in: 0...(Bool.random(using: &random) ? 3 : 255), using: &random)
      }
      // Or the empty state, changed a little.
      if Int.random(in: 0..<4, using: &random) == 0 {
        bytes = type.layout.empty
        let place = Int.random(in: 0..<2 * bytes.count, using: &random)
        if place < bytes.count { bytes[place] = .random(in: 0...3, using: &random) }
      }
      var end = 0
      let found = (try? shape.skip(bytes.span, &end, bytes.count)) ?? false
      #expect(end <= bytes.count)
      do throws(FormatError) {
        try checkStates(StringValues(offsets: [0, bytes.count], bytes: bytes), type)
        whole += 1
        #expect(found && end == bytes.count)
      } catch {
        #expect(!error.message.isEmpty)
      }
    }
    #expect(whole > 0)
  }

  @Test func aStateThatIsCutShortSaysSo() throws {
    let type = try stateType("AggregateFunction(sum, UInt64)")
    do throws(FormatError) {
      try checkStates(StringValues(offsets: [0, 7], bytes: Array(repeating: 1, count: 7)), type)
      Issue.record("seven bytes are a sum")
    } catch {
      #expect(error.code == .attemptToReadAfterEndOfFile)
    }
    do throws(FormatError) {
      try checkStates(StringValues(offsets: [0, 9], bytes: Array(repeating: 1, count: 9)), type)
      Issue.record("nine bytes are a sum")
    } catch {
      #expect(error.code == .badArguments)
    }
  }

  private func stateType(_ name: String) throws -> AggregateStateType {
    guard case .aggregateFunction(let type) = try DataType.parse(name) else {
      throw FormatError(.logicalError, "\(name) is no type of states")
    }
    return type
  }
}
