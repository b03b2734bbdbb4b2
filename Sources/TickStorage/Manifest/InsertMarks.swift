/// What makes a repeated insert known: whoever heard no answer sends the same rows again with the same mark, and they
/// are stored once.
///
/// Invariants:
/// 1. A mark is durable with the rows that came with it: in their log record, then in the edit of the flush that moves them.
/// 2. A mark that is known is never given to rows: the writer decides it in the order of the commits.
/// 3. Tokens are bounded by forgetting the oldest, producers by refusing new ones: a producer that was forgotten would
///    store everything twice.

/// The mark of one insert.
public enum InsertMark: Hashable, Sendable {
  /// The hash of a text that the client chose for these rows.
  case token(ImportIdentity)
  /// A number that rises from insert to insert of one producer.
  case producer(String, sequence: UInt64)

  public static let producerBytesMax = 256
}

/// A mark and the table that it belongs to.
public struct TableMark: Hashable, Sendable {
  public let table: TableID
  public let mark: InsertMark

  public init(_ table: TableID, _ mark: InsertMark) {
    self.table = table
    self.mark = mark
  }
}

/// The marks of one table that are in the manifest.
public struct InsertMarks: Equatable, Sendable {
  /// So many tokens are remembered.
  public static let tokensMax = 10_000
  /// So many producers may write into a table.
  public static let producersMax = 10_000

  /// Oldest first.
  private var tokens: [ImportIdentity] = []
  private var known: Set<ImportIdentity> = []
  /// The highest sequence of each producer.
  public private(set) var producers: [String: UInt64] = [:]

  public init() {}

  public var isEmpty: Bool { tokens.isEmpty && producers.isEmpty }
  public var tokenCount: Int { tokens.count }

  public func contains(_ mark: InsertMark) -> Bool {
    switch mark {
    case .token(let token): known.contains(token)
    case .producer(let name, let sequence): producers[name].map { sequence <= $0 } ?? false
    }
  }

  mutating func insert(_ mark: InsertMark) {
    switch mark {
    case .token(let token):
      guard known.insert(token).inserted else { return }
      tokens.append(token)
      // Half as many again are let come together, so that room is made seldom; those beyond the bound may be known or not.
      guard tokens.count > Self.tokensMax + Self.tokensMax / 2 else { return }
      let old = tokens.count - Self.tokensMax
      for token in tokens.prefix(old) { known.remove(token) }
      tokens.removeFirst(old)
    case .producer(let name, let sequence):
      producers[name] = max(producers[name] ?? 0, sequence)
    }
  }

  /// All marks, in an order that builds the same value again.
  var all: [InsertMark] {
    tokens.map { .token($0) }
      + producers.sorted { $0.key < $1.key }.map { .producer($0.key, sequence: $0.value) }
  }
}

/// The marks of one table whose rows are in memory, in the order of their records.
struct PendingMarks: Sendable {
  private(set) var tokens: [ImportIdentity] = []
  /// The highest sequence of each producer.
  private(set) var producers: [String: UInt64] = [:]
  private(set) var firstLSN: LSN?
  private var known: Set<ImportIdentity> = []

  /// About how much memory a mark takes here.
  private static let markBytes = 100

  var isEmpty: Bool { firstLSN == nil }
  var byteCount: Int { Self.markBytes * (tokens.count + producers.count) }

  func contains(_ mark: InsertMark) -> Bool {
    switch mark {
    case .token(let token): known.contains(token)
    case .producer(let name, let sequence): producers[name].map { sequence <= $0 } ?? false
    }
  }

  mutating func append(_ mark: InsertMark, lsn: LSN) {
    firstLSN = firstLSN ?? lsn
    switch mark {
    case .token(let token):
      if known.insert(token).inserted { tokens.append(token) }
    case .producer(let name, let sequence): producers[name] = max(producers[name] ?? 0, sequence)
    }
  }

  /// What a flush hands on.
  var all: [InsertMark] {
    tokens.map { .token($0) }
      + producers.sorted { $0.key < $1.key }.map { .producer($0.key, sequence: $0.value) }
  }
}

// MARK: Bytes (storage-format/manifest.md, Marks)

extension InsertMark {
  private static let tokenKind: UInt8 = 1
  private static let producerKind: UInt8 = 2
  /// Of the shortest mark.
  static let bytesMin = 13

  func encode(into out: inout FieldWriter) {
    switch self {
    case .token(let token):
      out.put(Self.tokenKind)
      out.put(token.high)
      out.put(token.low)
    case .producer(let name, let sequence):
      out.put(Self.producerKind)
      out.put(name)
      out.put(sequence)
    }
  }

  init(from reader: inout FieldReader) throws(StorageError) {
    let kind: UInt8 = try reader.integer()
    switch kind {
    case Self.tokenKind:
      let high: UInt64 = try reader.integer()
      self = .token(ImportIdentity(high: high, low: try reader.integer()))
    case Self.producerKind:
      let name = try reader.text()
      guard !name.isEmpty, name.utf8.count <= Self.producerBytesMax else {
        throw reader.corrupt("a producer's name of \(name.utf8.count) bytes")
      }
      self = .producer(name, sequence: try reader.integer())
    default: throw reader.corrupt("unknown mark \(kind)")
    }
  }
}
