import Foundation

/// Files beside the tests that ClickHouse answered.
enum Vectors {
  static let directory = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Vectors")

  static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: directory.appending(path: name)))
  }

  /// The lines of a table, split at tabs, without comments.
  static func rows(_ name: String) throws -> [[String]] {
    String(decoding: try bytes(name), as: UTF8.self).split(separator: "\n")
      .filter { !$0.hasPrefix("#") }
      .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
  }
}

func unhex(_ text: some StringProtocol) -> [UInt8] {
  let digits = Array(text.utf8).map { digit -> UInt8 in
    digit < 0x3A ? digit - 0x30 : digit - 0x57
  }
  return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }
