/// A YAML file as a tree with the line of every node, read by libyaml.
///
/// Invariants:
/// 1. A mapping has each key once; a second one is an error, not a replacement.
/// 2. Aliases (`*name`) and more than `depthMax` levels are refused: a small file stays a small tree.
import CYAML

struct YAMLError: Error {
  /// From 1.
  let line: Int
  let sentence: String
}

struct YAMLNode: Sendable {
  enum Content: Sendable {
    case scalar(String)
    case sequence([YAMLNode])
    case mapping([(key: String, line: Int, value: YAMLNode)])
  }
  let content: Content
  /// From 1.
  let line: Int
}

enum YAMLDocument {
  static let bytesMax = 1 << 20
  static let depthMax = 16

  /// The one document of a text; an empty text is an empty mapping.
  static func parse(_ text: [UInt8]) throws(YAMLError) -> YAMLNode {
    guard text.count <= bytesMax else {
      throw YAMLError(line: 1, sentence: "the file is longer than \(bytesMax) bytes")
    }
    var parser = unsafe yaml_parser_t()
    guard unsafe yaml_parser_initialize(&parser) == 1 else {
      throw YAMLError(line: 1, sentence: "there is no memory to read the file")
    }
    defer { unsafe yaml_parser_delete(&parser) }
    let result = unsafe text.withUnsafeBufferPointer { buffer -> Result<YAMLNode, YAMLError> in
      unsafe yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
      let events = unsafe Events(parser: &parser)
      do throws(YAMLError) { return .success(try events.document()) } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}

/// The parser's events as a tree.
@safe private struct Events {
  private enum Event {
    case start, end, alias, sequenceStart, sequenceEnd, mappingStart, mappingEnd
    case scalar(String)
  }

  private let parser: UnsafeMutablePointer<yaml_parser_t>

  init(parser: UnsafeMutablePointer<yaml_parser_t>) {
    unsafe self.parser = unsafe parser
  }

  private func next() throws(YAMLError) -> (Event, line: Int) {
    var event = unsafe yaml_event_t()
    guard unsafe yaml_parser_parse(parser, &event) == 1 else {
      let problem = unsafe parser.pointee.problem.map { unsafe String(cString: $0) }
      throw YAMLError(
        line: Int(clamping: unsafe parser.pointee.problem_mark.line) + 1,
        sentence: "this is not YAML: \(problem ?? "it cannot be read")")
    }
    defer { unsafe yaml_event_delete(&event) }
    let line = Int(clamping: unsafe event.start_mark.line) + 1
    switch unsafe event.type {
    case YAML_SCALAR_EVENT:
      let scalar = unsafe event.data.scalar
      let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      guard let text = unsafe String(validating: bytes, as: UTF8.self) else {
        throw YAMLError(line: line, sentence: "the text is not UTF-8")
      }
      return (.scalar(text), line)
    case YAML_ALIAS_EVENT: return (.alias, line)
    case YAML_SEQUENCE_START_EVENT: return (.sequenceStart, line)
    case YAML_SEQUENCE_END_EVENT: return (.sequenceEnd, line)
    case YAML_MAPPING_START_EVENT: return (.mappingStart, line)
    case YAML_MAPPING_END_EVENT: return (.mappingEnd, line)
    case YAML_STREAM_END_EVENT: return (.end, line)
    default: return (.start, line)
    }
  }

  func document() throws(YAMLError) -> YAMLNode {
    _ = try next()  // The stream begins.
    guard case (.start, _) = try next() else {
      return YAMLNode(content: .mapping([]), line: 1)
    }
    let root = try node(try next(), depth: 0)
    _ = try next()  // The document ends.
    let (after, line) = try next()
    guard case .end = after else {
      throw YAMLError(
        line: line, sentence: "a second document begins here; one file is one document")
    }
    return root
  }

  private func node(_ begin: (Event, line: Int), depth: Int) throws(YAMLError) -> YAMLNode {
    let (event, line) = begin
    guard depth <= YAMLDocument.depthMax else {
      throw YAMLError(line: line, sentence: "more than \(YAMLDocument.depthMax) levels")
    }
    switch event {
    case .scalar(let text): return YAMLNode(content: .scalar(text), line: line)
    case .alias:
      throw YAMLError(line: line, sentence: "aliases (*name) are not read; write the value out")
    case .sequenceStart:
      var items: [YAMLNode] = []
      while true {
        let item = try next()
        if case .sequenceEnd = item.0 { return YAMLNode(content: .sequence(items), line: line) }
        items.append(try node(item, depth: depth + 1))
      }
    case .mappingStart:
      var pairs: [(key: String, line: Int, value: YAMLNode)] = []
      while true {
        let (event, keyLine) = try next()
        if case .mappingEnd = event { return YAMLNode(content: .mapping(pairs), line: line) }
        guard case .scalar(let key) = event else {
          throw YAMLError(line: keyLine, sentence: "a key must be plain text")
        }
        guard !pairs.contains(where: { $0.key == key }) else {
          throw YAMLError(line: keyLine, sentence: "the key '\(key)' stands here twice")
        }
        pairs.append((key, keyLine, try node(try next(), depth: depth + 1)))
      }
    case .start, .end, .sequenceEnd, .mappingEnd:
      throw YAMLError(line: line, sentence: "this is not YAML: a value is missing")
    }
  }
}
