/// One reader of untrusted bytes, as libFuzzer drives it: any bytes in, nothing out, and a trap where the reader broke
/// its word.
///
/// Invariants that every target asks for:
/// 1. Any bytes give a value or a typed error: no trap, no endless work, memory within the driver's limits.
/// 2. What was read can be written, and what was written reads back as the same.
///
/// A broken invariant is a `fatalError` with the sentence that names it, so that the driver keeps the input.
enum FuzzTarget: String, CaseIterable {
  case native, rowbinary, text, cells
  case frames, codings
  case types, exchange
  case request, url
  case sql, parameters
  case blocks, segment, manifest, log

  /// Reads one input.
  func run(_ input: [UInt8]) {
    switch self {
    case .native: readNative(input)
    case .rowbinary: readRowBinary(input)
    case .text: readText(input)
    case .cells: readCell(input)
    case .frames: readFrames(input)
    case .codings: readCoding(input)
    case .types: readTypeName(input)
    case .exchange: readExchangeFile(input)
    case .request: readRequest(input)
    case .url: readURL(input)
    case .sql: readStatement(input)
    case .parameters: readParameters(input)
    case .blocks: readBlock(input)
    case .segment: readSegment(input)
    case .manifest: readManifest(input)
    case .log: readLog(input)
    }
  }
}

/// Keeps the input that breaks a promise: the driver sees a trap.
func require(_ isKept: Bool, _ promise: @autoclosure () -> String) {
  if !isKept { fatalError(promise()) }
}

/// An input as a few leading choices and the bytes that they are about.
struct Choices {
  private(set) var rest: ArraySlice<UInt8>

  init(_ input: [UInt8]) { rest = input[...] }

  /// The next byte; 0 behind the end.
  mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

  /// One of the elements.
  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int(byte()) % elements.count]
  }

  /// A number of two bytes.
  mutating func short() -> Int { Int(byte()) | Int(byte()) << 8 }
}
