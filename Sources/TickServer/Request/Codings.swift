/// How the bodies of a request and of its answer are packed.
///
/// Two layers, each of them optional: the coding of HTTP (`Content-Encoding`, `Accept-Encoding`) around everything, and
/// inside it the checksummed frames of ClickHouse's own protocol (`compress=1`, `decompress=1`).
import NIOHTTP1
import TickColumns
import TickEngine
import TickFormats

/// A coding of HTTP that is read and written.
enum ContentCoding: String, Sendable, CaseIterable {
  case zstd, lz4, gzip, deflate

  /// Reads a `Content-Encoding`.
  init?(header: String) {
    let name = header.lowercased()
    guard let coding = ContentCoding(rawValue: name == "x-gzip" ? "gzip" : name) else { return nil }
    self = coding
  }

  /// What to answer a client with that accepts these: the first of ours that is named at all, as ClickHouse chooses,
  /// or nil for none.
  init?(accepted header: String) {
    let names = header.lowercased().split(separator: ",").map { part in
      part.prefix { $0 != ";" }.trimmingBlanks()
    }
    guard let coding = ContentCoding.allCases.first(where: { names.contains($0.rawValue) }) else {
      return nil
    }
    self = coding
  }

  var compression: Compression {
    switch self {
    case .zstd: .zstd
    case .lz4: .lz4
    case .gzip: .gzip
    case .deflate: .deflate
    }
  }
}

extension Substring {
  fileprivate func trimmingBlanks() -> String {
    String(drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
  }
}

/// The layers of one body, the outer first.
struct BodyCoding: Sendable, Hashable {
  var content: ContentCoding?
  var hasFrames = false

  var isPlain: Bool { content == nil && !hasFrames }

  /// Reads a request's headers. Throws 48 for codings that ClickHouse has and we do not read, 779 for others.
  static func content(of headers: HTTPHeaders) throws(EngineError) -> ContentCoding? {
    let names = headers[canonicalForm: "Content-Encoding"].map { $0.lowercased() }
      .filter { $0 != "identity" && !$0.isEmpty }
    guard let name = names.first else { return nil }
    let shown = Framing.safe(String(name.prefix(64)))
    guard names.count == 1, let coding = ContentCoding(header: name) else {
      guard names.count > 1 || ["br", "xz", "bz2", "snappy"].contains(name) else {
        throw EngineError(.unsupportedMediaType, "Unknown Content-Encoding '\(shown)'")
      }
      throw EngineError(
        .notImplemented,
        "Content-Encoding '\(Framing.safe(names.joined(separator: ", ")))' of requests is not supported; use one of gzip, deflate, zstd and lz4"
      )
    }
    return coding
  }
}
