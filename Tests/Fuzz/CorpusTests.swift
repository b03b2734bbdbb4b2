/// The saved inputs of the fuzzer, read without it: whatever a target once broke on stays mended.
import Foundation
import Testing

@Suite struct FuzzCorpusTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "corpus")

  private static func lines(_ name: String) throws -> [String] {
    try String(contentsOf: folder.appending(path: name), encoding: .utf8)
      .split(separator: "\n").map(String.init)
  }

  /// A broken promise is a trap, which ends the tests with its sentence.
  private static func run(_ target: FuzzTarget, _ line: String) throws {
    target.run([UInt8](try #require(Data(base64Encoded: line))))
  }

  @Test("no saved input breaks a promise of its reader", arguments: FuzzTarget.allCases)
  func savedInputs(_ target: FuzzTarget) throws {
    let inputs = try Self.lines("\(target.rawValue).txt")
    for input in inputs { try Self.run(target, input) }
    #expect(!inputs.isEmpty)
  }

  @Test("what once broke a reader does not any more")
  func foundInputs() throws {
    for line in try Self.lines("found.tsv") {
      let cells = line.components(separatedBy: "\t")
      try #require(cells.count == 3, "a line has a target, what broke, and an input: \(line)")
      try Self.run(try #require(FuzzTarget(rawValue: cells[0])), cells[2])
    }
  }
}
