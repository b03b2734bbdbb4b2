/// Functions of doubles.
///
/// Each is a type with one static function, and the loop is generic over it: the compiler makes one tight loop per
/// function, with no call through a closure per row.
import Glibc
import TickColumns

private protocol RealFunction: SendableMetatype {
  static func value(_ x: Double) -> Double
}

private protocol RealFunction2: SendableMetatype {
  static func value(_ x: Double, _ y: Double) -> Double
}

private enum Exp10: RealFunction { static func value(_ x: Double) -> Double { pow(10, x) } }
private enum Log1p: RealFunction { static func value(_ x: Double) -> Double { log1p(x) } }
private enum Asin: RealFunction { static func value(_ x: Double) -> Double { asin(x) } }
private enum Acos: RealFunction { static func value(_ x: Double) -> Double { acos(x) } }
private enum Atan: RealFunction { static func value(_ x: Double) -> Double { atan(x) } }
private enum Sinh: RealFunction { static func value(_ x: Double) -> Double { sinh(x) } }
private enum Cosh: RealFunction { static func value(_ x: Double) -> Double { cosh(x) } }
private enum Tanh: RealFunction { static func value(_ x: Double) -> Double { tanh(x) } }
private enum Asinh: RealFunction { static func value(_ x: Double) -> Double { asinh(x) } }
private enum Acosh: RealFunction { static func value(_ x: Double) -> Double { acosh(x) } }
private enum Atanh: RealFunction { static func value(_ x: Double) -> Double { atanh(x) } }
private enum Degrees: RealFunction {
  static func value(_ x: Double) -> Double { x * (180 / Double.pi) }
}
private enum Radians: RealFunction {
  static func value(_ x: Double) -> Double { x * (Double.pi / 180) }
}
private enum Erf: RealFunction { static func value(_ x: Double) -> Double { erf(x) } }
private enum Erfc: RealFunction { static func value(_ x: Double) -> Double { erfc(x) } }
private enum LogGamma: RealFunction { static func value(_ x: Double) -> Double { lgamma(x).0 } }
private enum Gamma: RealFunction { static func value(_ x: Double) -> Double { tgamma(x) } }
private enum Sigmoid: RealFunction {
  static func value(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
}

private enum Atan2: RealFunction2 {
  static func value(_ x: Double, _ y: Double) -> Double { atan2(x, y) }
}
private enum Hypot: RealFunction2 {
  static func value(_ x: Double, _ y: Double) -> Double { hypot(x, y) }
}
/// A NaN first loses, a NaN second wins, as in ClickHouse.
private enum Max2: RealFunction2 {
  static func value(_ x: Double, _ y: Double) -> Double { x > y ? x : y }
}
private enum Min2: RealFunction2 {
  static func value(_ x: Double, _ y: Double) -> Double { x < y ? x : y }
}

extension FunctionTable {
  static let real: [ScalarFunction] = [
    real("exp10", "10 raised to x.", Exp10.self),
    real("log1p", "The natural logarithm of 1 + x.", Log1p.self),
    real("asin", "The arc sine.", anyCase: true, Asin.self),
    real("acos", "The arc cosine.", anyCase: true, Acos.self),
    real("atan", "The arc tangent.", anyCase: true, Atan.self),
    real("sinh", "The hyperbolic sine.", Sinh.self),
    real("cosh", "The hyperbolic cosine.", Cosh.self),
    real("tanh", "The hyperbolic tangent.", anyCase: true, Tanh.self),
    real("asinh", "The inverse of sinh.", Asinh.self),
    real("acosh", "The inverse of cosh.", Acosh.self),
    real("atanh", "The inverse of tanh.", Atanh.self),
    real("degrees", "Radians in degrees.", anyCase: true, Degrees.self),
    real("radians", "Degrees in radians.", anyCase: true, Radians.self),
    real("erf", "The error function.", Erf.self),
    real("erfc", "1 - erf(x).", Erfc.self),
    real("lgamma", "The logarithm of the magnitude of the gamma function.", LogGamma.self),
    real("tgamma", "The gamma function.", Gamma.self),
    real("sigmoid", "1 / (1 + exp(-x)).", anyCase: true, Sigmoid.self),
    real2("atan2", "y, x", "The angle of the point (x, y).", anyCase: true, Atan2.self),
    real2("hypot", "x, y", "The root of x² + y².", anyCase: true, Hypot.self),
    real2(
      "max2", "x, y", "The greater of two numbers as doubles; y where x is NaN.", anyCase: true,
      Max2.self),
    real2(
      "min2", "x, y", "The lesser of two numbers as doubles; y where x is NaN.", anyCase: true,
      Min2.self),
    constant("pi", "The ratio of a circle's circumference to its diameter.", anyCase: true, .pi),
    constant("e", "The base of the natural logarithm.", anyCase: false, M_E),
    ScalarFunction(
      "ifNotFinite", .math, arguments: "x, y", result: "common type",
      summary: "x, or y where x is infinite, NaN or NULL.", arity: 2...2, traits: .ownNulls
    ) { (call) throws(SQLError) in
      guard call.types[0].withoutNullable.isNumber || call.types[0] == .nullable(.nothing) else {
        throw call.illegal(0, "a number")
      }
      let isFinite = try call.builder.call("isFinite", [call.arguments[0]], at: call.position)
      return .expression(
        try call.builder.call("if", [isFinite] + call.arguments, at: call.position))
    },
  ]

  private static func real<F: RealFunction>(
    _ name: String, _ summary: String, anyCase: Bool = false, _ function: F.Type
  ) -> ScalarFunction {
    ScalarFunction(
      name, .math, arguments: "x", result: "Float64", summary: summary, arity: 1...1,
      anyCase: anyCase
    ) { (call) throws(SQLError) in
      guard call.types[0].isNumber else { throw call.illegal(0, "a number") }
      return .kernel(.float64) { input in
        .column(.float64, input.operands[0].doubles().map(rows: input.rows) { F.value($0) })
      }
    }
  }

  private static func real2<F: RealFunction2>(
    _ name: String, _ arguments: String, _ summary: String, anyCase: Bool, _ function: F.Type
  ) -> ScalarFunction {
    ScalarFunction(
      name, .math, arguments: arguments, result: "Float64", summary: summary, arity: 2...2,
      anyCase: anyCase
    ) { (call) throws(SQLError) in
      for i in 0..<2 where !call.types[i].isNumber { throw call.illegal(i, "a number") }
      return .kernel(.float64) { input in
        .column(
          .float64,
          zipVectors(input.operands[0].doubles(), input.operands[1].doubles(), rows: input.rows) {
            F.value($0, $1)
          })
      }
    }
  }

  private static func constant(
    _ name: String, _ summary: String, anyCase: Bool, _ value: Double
  ) -> ScalarFunction {
    ScalarFunction(
      name, .math, arguments: "", result: "Float64", summary: summary, arity: 0...0,
      anyCase: anyCase
    ) { _ in .constant(.float(value), .float64) }
  }
}
