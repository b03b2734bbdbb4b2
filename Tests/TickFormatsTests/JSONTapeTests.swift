import Foundation
import TestSupport
import Testing

@testable import TickFormats

/// JSON of whoever sends it: a text is JSON or it is not, whatever its depth and wherever it is cut.
@Suite struct JSONTapeTests {
  private static let document = #"""
    {"e":"trade","p":"61650.10","q":0.5e-3,"T":1723161480000,"m":true,"n":null,
     "levels":[[1,-2.5],["é😀",{"k\n":[]}],{}],"big":123456789012345678901234567890}
    """#

  private func bytes(_ text: String) -> ArraySlice<UInt8> { Array(text.utf8)[...] }

  private func written(_ text: String) -> String? {
    var tape = JSONTape()
    guard tape.read(bytes(text)) else { return nil }
    var out: [UInt8] = []
    tape.write(JSONTape.root, into: &out)
    return String(decoding: out, as: UTF8.self)
  }

  @Test func whatIsReadIsWrittenWithoutBlanks() throws {
    let expected =
      #"{"e":"trade","p":"61650.10","q":0.0005,"T":1723161480000,"m":true,"n":null,"#
      + #""levels":[[1,-2.5],["é😀",{"k\n":[]}],{}],"big":"123456789012345678901234567890"}"#
    let first = try #require(written(Self.document))
    #expect(first == expected)
    #expect(written(first) == first)
  }

  @Test func aTextCutAnywhereIsNoJSON() {
    let whole = Array(Self.document.utf8)
    for count in 0..<whole.count {
      var tape = JSONTape()
      let isJSON = tape.read(whole[..<count])
      #expect(!isJSON, "the first \(count) bytes")
    }
  }

  @Test func changedBytesNeverTrap() {
    var random = SplitMix64(seed: 20_240_808)
    let whole = Array(Self.document.utf8)
    var valid = 0
    for _ in 0..<20_000 {
      var text = whole
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: 0..<text.count, using: &random)
        text[place] = UInt8.random(in: .min ... .max, using: &random)
      }
      var tape = JSONTape()
      guard tape.read(text[...]) else { continue }
      valid += 1
      var out: [UInt8] = []
      tape.write(JSONTape.root, into: &out)
      #expect((try? JSONSerialization.jsonObject(with: Data(text))) != nil)
    }
    #expect(valid > 300)
  }

  @Test func depthIsBounded() {
    func nested(_ depth: Int) -> Bool {
      var tape = JSONTape()
      return tape.read(
        bytes(String(repeating: "[", count: depth) + String(repeating: "]", count: depth)))
    }
    #expect(nested(1_024) && !nested(1_025) && !nested(1_000_000))
  }

  @Test func aTapeIsUsedAgain() {
    var tape = JSONTape()
    let isFirst = tape.read(bytes("[1,2,3]"))
    #expect(isFirst && tape.count(JSONTape.root) == 3)
    let isSecond = tape.read(bytes("[1,2"))
    let isThird = tape.read(bytes(#"{"a":{"b":7}}"#))
    #expect(!isSecond && isThird)
    let inner = tape.child(JSONTape.root, named: bytes("a")).flatMap {
      tape.child($0, named: bytes("b"))
    }
    #expect(inner.map { tape.int($0) } == 7)
    #expect(tape.child(JSONTape.root, named: bytes("A")) == nil)
    #expect(tape.child(JSONTape.root, named: bytes("A"), ignoresCase: true) != nil)
  }
}
