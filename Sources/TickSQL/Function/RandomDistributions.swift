/// Random numbers of a distribution: `randNormal`, `randPoisson` and their kin.
///
/// Invariants:
/// 1. Parameters are constants, checked once; no parameter makes a row cost more than a few draws, but for the
///    binomial of a small mean, which costs as many steps as its value.
/// 2. Every loop ends by chance with at least a fixed probability a turn: what cannot be drawn from is refused before.
import Glibc
import TickColumns

extension FunctionTable {
  static let randomDistributions: [ScalarFunction] = [
    distribution("randCanonical", [], .float64, "Uniform from 0 to 1.") { bits, _ in bits.unit() },
    distribution("randUniform", ["min", "max"], .float64, "Uniform from min to max.") {
      (bits, p) in
      p[0] + (p[1] - p[0]) * bits.unit()
    } check: { p in
      p[0] <= p[1] ? nil : "min is greater than max"
    },
    distribution("randNormal", ["mean", "deviation"], .float64, "Of the normal distribution.") {
      (bits, p) in
      p[0] + p[1] * bits.normal()
    } check: { p in
      p[1] >= 0 ? nil : "the deviation cannot be negative"
    },
    distribution(
      "randLogNormal", ["mean", "deviation"], .float64,
      "Of the distribution whose logarithm is normal."
    ) { (bits, p) in
      exp(p[0] + p[1] * bits.normal())
    } check: { p in
      p[1] >= 0 ? nil : "the deviation cannot be negative"
    },
    distribution(
      "randExponential", ["lambda"], .float64,
      "Of the exponential distribution: the mean is 1 / lambda."
    ) { (bits, p) in
      -log(bits.open()) / p[0]
    } check: { p in
      p[0] > 0 ? nil : "lambda must be positive"
    },
    distribution("randChiSquared", ["freedom"], .float64, "Of the chi-squared distribution.") {
      (bits, p) in
      2 * bits.gamma(p[0] / 2)
    } check: { p in
      p[0] > 0 ? nil : "degrees of freedom must be positive"
    },
    distribution("randStudentT", ["freedom"], .float64, "Of Student's t distribution.") {
      (bits, p) in
      bits.normal() / (2 * bits.gamma(p[0] / 2) / p[0]).squareRoot()
    } check: { p in
      p[0] > 0 ? nil : "degrees of freedom must be positive"
    },
    distribution("randFisherF", ["d1", "d2"], .float64, "Of the F distribution.") { (bits, p) in
      bits.gamma(p[0] / 2) / p[0] / (bits.gamma(p[1] / 2) / p[1])
    } check: { p in
      p[0] > 0 && p[1] > 0 ? nil : "degrees of freedom must be positive"
    },
    distribution("randBernoulli", ["p"], .uint8, "1 with the probability p, otherwise 0.") {
      (bits, p) in
      bits.unit() < p[0] ? 1 : 0
    } check: { p in
      probability(p[0])
    },
    distribution(
      "randBinomial", ["n", "p"], .uint64, "How many of n trials of probability p come true."
    ) { (bits, p) in
      bits.binomial(p[0].rounded(.down), p[1])
    } check: { p in
      p[0] >= 0 ? probability(p[1]) : "the number of trials cannot be negative"
    },
    distribution(
      "randNegativeBinomial", ["n", "p"], .uint64,
      "How many trials of probability p fail before n come true."
    ) { (bits, p) in
      bits.poisson(bits.gamma(p[0].rounded(.down)) * (1 - p[1]) / p[1])
    } check: { p in
      p[0] >= 1 && p[1] > 0 ? probability(p[1]) : "n and p must be positive"
    },
    distribution("randPoisson", ["lambda"], .uint64, "Of the Poisson distribution.") { (bits, p) in
      bits.poisson(p[0])
    } check: { p in
      p[0] >= 0 ? nil : "lambda cannot be negative"
    },
  ]

  @Sendable private static func probability(_ p: Double) -> String? {
    (0...1).contains(p) ? nil : "a probability lies from 0 to 1"
  }

  private static func distribution(
    _ name: String, _ parameters: [String], _ type: DataType, _ summary: String,
    _ draw: @escaping @Sendable (inout RandomBits, [Double]) -> Double,
    check: @escaping @Sendable ([Double]) -> String? = { _ in nil }
  ) -> ScalarFunction {
    let count = parameters.count
    return ScalarFunction(
      name, .random, arguments: (parameters + ["[x]"]).joined(separator: ", "),
      result: type.description,
      summary: summary + " Equal calls in one statement give equal values; x tells them apart.",
      arity: count...count + 1, traits: [.ownNulls, .ownCodes, .perRow]
    ) { (call) throws(SQLError) in
      guard let random = call.builder.context.random else {
        throw SQLError(
          .badArguments, "Expression must be deterministic but it contains \(name)()",
          at: call.position)
      }
      var values: [Double] = []
      for i in 0..<count {
        let type = call.types[i]
        guard type == .float64 || type == .float32 || type.isInteger && !type.isSignedInteger
        else { throw call.illegal(i, "a float or an unsigned integer") }
        guard let value = call.constant(i)?.double else {
          throw SQLError(
            .illegalColumn, "Argument \(i + 1) of function \(name) must be constant",
            at: call.arguments[i].position ?? call.position)
        }
        guard value.isFinite else {
          throw SQLError(
            .badArguments, "Argument \(i + 1) of function \(name) must be finite",
            at: call.arguments[i].position ?? call.position)
        }
        values.append(value)
      }
      if let refusal = check(values) {
        throw SQLError(
          .badArguments, "Illegal arguments of function \(name): \(refusal)", at: call.position)
      }
      let parameters = values
      return .kernel(type) { input in
        var bits = RandomBits(state: random())
        let drawn = (0..<input.rows).map { _ in draw(&bits, parameters) }
        switch type {
        case .float64: return .column(.float64, drawn)
        case .uint8: return .column(.uint8, drawn.map { $0 > 0 ? 1 : 0 as UInt8 })
        default:
          // 2^64 and more do not fit; a count so large is as good as the largest one.
          return .column(
            .uint64, drawn.map { $0 < 0x1p64 ? UInt64(max(0, $0)) : UInt64.max })
        }
      }
    }
  }
}

extension RandomBits {
  /// From 0, which it may be, to 1, which it is not.
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// As `unit`, but never 0: for logarithms.
  mutating func open() -> Double { 1 - unit() }

  /// One of the pair that Box and Muller's transform gives.
  mutating func normal() -> Double {
    (-2 * log(open())).squareRoot() * cos(2 * .pi * unit())
  }

  /// Of the gamma distribution with scale 1, after Marsaglia and Tsang.
  mutating func gamma(_ shape: Double) -> Double {
    // Below 1 from the shape above it.
    guard shape >= 1 else { return gamma(shape + 1) * pow(open(), 1 / shape) }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let t = 1 + c * x
      guard t > 0 else { continue }
      let v = t * t * t
      if log(open()) < x * x / 2 + d - d * v + d * log(v) { return d * v }
    }
  }

  /// Products of draws for a small mean, Hörmann's rejection (PTRS) for a larger one.
  mutating func poisson(_ mean: Double) -> Double {
    guard mean > 0 else { return 0 }
    guard mean >= 10 else {
      let bound = exp(-mean)
      var count = 0.0
      var product = open()
      while product > bound {
        count += 1
        product *= open()
      }
      return count
    }
    // So far out counts are no whole numbers any more.
    guard mean < 0x1p64 else { return mean }
    let b = 0.931 + 2.53 * mean.squareRoot()
    let a = -0.059 + 0.02483 * b
    let inverse = 1.1239 + 1.1328 / (b - 3.4)
    let sure = 0.9277 - 3.6224 / (b - 2)
    while true {
      let u = unit() - 0.5
      let v = open()
      let us = 0.5 - u.magnitude
      let k = ((2 * a / us + b) * u + mean + 0.43).rounded(.down)
      if us >= 0.07, v <= sure { return k }
      guard k >= 0, us >= 0.013 || v <= us else { continue }
      if log(v) + log(inverse) - log(a / (us * us) + b)
        <= -mean + k * log(mean) - lgamma(k + 1).0
      {
        return k
      }
    }
  }

  /// Inversion for a small mean, Hörmann's rejection (BTRS) for a larger one.
  mutating func binomial(_ n: Double, _ given: Double) -> Double {
    let p = min(given, 1 - given)
    let count = p > 0 && n > 0 ? below(n, p) : 0
    return p == given ? count : n - count
  }

  /// For p of at most a half.
  private mutating func below(_ n: Double, _ p: Double) -> Double {
    let q = 1 - p
    let ratio = p / q
    guard n * p >= 10 else {
      while true {
        var chance = exp(n * log1p(-p))
        var rest = unit()
        var k = 0.0
        while rest > chance, k < n, chance > 0 {
          rest -= chance
          k += 1
          chance *= ratio * (n - k + 1) / k
        }
        if rest <= chance { return k }
      }
    }
    let deviation = (n * p * q).squareRoot()
    let b = 1.15 + 2.53 * deviation
    let a = -0.0873 + 0.0248 * b + 0.01 * p
    let alpha = (2.83 + 5.1 / b) * deviation
    let sure = 0.92 - 4.2 / b
    let mode = ((n + 1) * p).rounded(.down)
    let top = lgamma(mode + 1).0 + lgamma(n - mode + 1).0
    while true {
      let u = unit() - 0.5
      let v = open()
      let us = 0.5 - u.magnitude
      let k = ((2 * a / us + b) * u + n * p + 0.5).rounded(.down)
      guard k >= 0, k <= n else { continue }
      if us >= 0.07, v <= sure { return k }
      if log(v * alpha / (a / (us * us) + b))
        <= top - lgamma(k + 1).0 - lgamma(n - k + 1).0 + (k - mode) * log(ratio)
      {
        return k
      }
    }
  }
}
