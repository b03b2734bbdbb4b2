import TickColumns
import Testing

@Suite struct ErrorNamesTests {
  /// `ErrorCode.name` stands on it.
  @Test func everyErrorThatIsThrownHasAName() {
    for code in ErrorCode.allCases {
      #expect(ErrorNames.name(of: code.rawValue) != nil, "\(code) = \(code.rawValue)")
    }
    #expect(ErrorCode.unknownTable.name == "UNKNOWN_TABLE")
    #expect(ErrorCode.storageFailed.name == "STD_EXCEPTION")
    #expect(ErrorNames.name(of: -1) == nil)
  }
}
