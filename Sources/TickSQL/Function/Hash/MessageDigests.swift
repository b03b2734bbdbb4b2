/// MD5, SHA-1 and SHA-2: digests that other systems know, as fixed strings.
import TickColumns
import TickFormats

extension FunctionTable {
  static let digests: [ScalarFunction] = MessageDigest.allCases.map { digest($0) }

  private static func digest(_ algorithm: MessageDigest) -> ScalarFunction {
    let (name, width) = (algorithm.rawValue, algorithm.byteCount)
    return ScalarFunction(
      name, .hash, arguments: "s", result: "FixedString(\(width))",
      summary: "The \(name) digest of a string.", arity: 1...1
    ) { (call) throws(SQLError) in
      guard call.types[0] == .string || call.types[0].isFixedString else {
        throw call.illegal(0, "String")
      }
      let place = call.position
      return .kernel(.fixedString(width)) { (input) throws(SQLError) in
        let strings = input.operands[0].strings
        var out = StringValues()
        out.reserve(count: input.rows, bytes: input.rows * width)
        for row in 0..<input.rows {
          guard let digest = algorithm.digest(of: strings[row]) else {
            throw SQLError(
              .notImplemented, "This machine's OpenSSL has no \(name)", at: place)
          }
          out.append(digest)
        }
        return .column(Column(.fixedString(width), .string(out)))
      }
    }
  }
}
