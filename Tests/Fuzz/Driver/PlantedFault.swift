/// A fault that is there on purpose, so that it can be seen that the fuzzer finds one and that a finding is told.
///
/// It is in the fuzzer's program only, and asleep unless `TICKBASE_FUZZ_PLANT` is set. It is of the kind that the fuzzer is
/// for: an index that bytes of the input decide. The fuzzer has to be led there by what it covers and compares, since no
/// seed holds the word.

/// The input that breaks it begins so. Four bytes are found by chance once in four thousand million inputs, and step by step in some
/// hundred thousand.
private let word: [UInt8] = Array("\u{1}bad".utf8)

/// Traps for inputs that begin with the word and go on with a byte that is no position in it.
func readWithPlantedFault(_ input: [UInt8]) {
  guard input.count > word.count else { return }
  // One branch for each byte: a step of the way counts as new coverage.
  guard input[0] == word[0] else { return }
  guard input[1] == word[1] else { return }
  guard input[2] == word[2] else { return }
  guard input[3] == word[3] else { return }
  _ = word[Int(input[4])]
}
