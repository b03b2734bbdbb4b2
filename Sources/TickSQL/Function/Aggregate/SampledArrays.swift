/// groupArraySample: so many values, each row with the same chance. The chances are those of ClickHouse's generator, drawn
/// in the order in which rows arrived, so that the same seed gives the same values as there with one thread. Without a seed
/// ClickHouse chooses anew each time; here it is always the same choice.
import TickColumns

/// The generator that ClickHouse samples with (PCG, 32 bits out of a product of 64).
struct SampleGenerator {
  private var state: UInt64

  /// Where no seed is given.
  static let seed: UInt64 = 123_456

  init(seed: UInt64) { state = seed | 3 }

  private mutating func next() -> UInt64 {
    let old = state
    state = old &* 6_364_136_223_846_793_005
    return UInt64(UInt32(truncatingIfNeeded: (old >> 22 ^ old) >> (22 + old >> 61)))
  }

  /// A number below the limit.
  mutating func number(below limit: UInt64) -> UInt64 {
    if limit <= UInt64(UInt32.max) { return next() % limit }
    let high = next()
    return (high << 32 &+ next()) % limit
  }
}

extension AggregateFunction {
  static let sampledArrays: [AggregateFunction] = [
    AggregateFunction(
      "groupArraySample", arguments: "x", result: "Array(type of x)",
      summary:
        "Some of the values, all with the same chance. Parameters: how many at most, and the seed of the choice, "
        + "\(SampleGenerator.seed) by default.", arity: 1...1, traits: .takesParameters
    ) { (call) throws(SQLError) in
      guard (1...2).contains(call.parameters.count) else {
        throw SQLError(
          .numberOfArgumentsDoesntMatch,
          "Incorrect number of parameters for aggregate function \(call.name), should be 1 or 2",
          at: call.position)
      }
      var numbers: [UInt64] = []
      for parameter in call.parameters {
        guard parameter.type.isInteger, let number = parameter.value.int64, number > 0 else {
          throw SQLError(
            .badArguments,
            "Parameter for aggregate function \(call.name) should be positive number",
            at: call.position)
        }
        numbers.append(UInt64(number))
      }
      let count = Int(clamping: numbers[0])
      let seed = numbers.count > 1 ? numbers[1] : SampleGenerator.seed
      return .collected(call.types, .array(call.types[0]), neverNull: true) {
        (rows) throws(SQLError) in
        try rows.picked(0) { (range) throws(SQLError) in
          var chosen = Array(range.prefix(count))
          var generator = SampleGenerator(seed: seed)
          try CancellationPoint.forEachPiece(of: range.dropFirst(count)) { piece in
            for row in piece {
              let place = generator.number(below: UInt64(row - range.lowerBound + 1))
              if place < UInt64(count) { chosen[Int(place)] = row }
            }
          }
          return chosen
        }
      }
    }
  ]
}
