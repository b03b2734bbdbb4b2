/// Inputs to begin with, one per file: what our own encoders write, the statements of `sql/corpus`, and the vectors of
/// `storage-format`. The fuzzer finds the rest and `tools/fuzz --merge` keeps what reaches new code.
import Foundation
import TestSupport
import TickColumns
import TickFormats
import TickStorage

func writeSeeds(to directory: String) throws {
  for (target, inputs) in try seeds() {
    let folder = URL(fileURLWithPath: directory).appendingPathComponent(target.rawValue)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (position, input) in inputs.enumerated() {
      try Data(input).write(to: folder.appendingPathComponent("seed-\(position)"))
    }
  }
}

private func seeds() throws -> [FuzzTarget: [[UInt8]]] {
  var out: [FuzzTarget: [[UInt8]]] = [:]
  for (place, schema) in FuzzSchema.all.enumerated() {
    let batch = FuzzSchema.sample(schema)
    let head = [UInt8(place), 6]
    out[.native, default: []].append(head + encoded([batch], schema, .native))
    for (which, (_, output)) in binaryFormats.enumerated() {
      guard let output else { continue }
      out[.rowbinary, default: []].append(
        head + [UInt8(which)] + encoded([batch], schema, output))
    }
    // The first three schemas in all formats, the others in one each.
    for (which, (_, output)) in textFormats.enumerated() where place < 3 || place % 15 == which {
      out[.text, default: []].append(
        head + [UInt8(which)] + encoded([batch], schema, output ?? .tabSeparatedRaw))
    }
  }
  for (place, type) in FuzzSchema.types.enumerated() {
    let column = FuzzSchema.sample(Schema([Field("c", type)])).columns[0]
    for style in [TextStyle.raw, .quoted, .json] {
      out[.cells, default: []].append([UInt8(place)] + column.rendered(as: style)[1])
    }
    var block: [UInt8] = []
    let summary = encodeBlock(column, rows: 0..<3, into: &block)
    out[.blocks, default: []].append([UInt8(place), 3, 0, UInt8(summary.validCount), 0] + block)
    out[.types, default: []].append(Array(FuzzSchema.typeNames[place].utf8))
  }
  out[.cells, default: []].append(
    [255] + Array("Array(Tuple(Date, UInt8))\0[('2024-01-01',1)]".utf8))

  let text = Array(String(repeating: "BTCUSDT,61650.1,0.5\n", count: 20).utf8)
  let frames = NativeFrameWriter().frames(text)
  out[.frames] = [[0] + frames, [1] + frames, [1] + frames + NativeFrameWriter().frames([1, 2])]
  let zstd = packed(text, .zstd)
  let zero16 = [UInt8](repeating: 0, count: 16)
  out[.frames]?.append(
    [1] + zero16 + [0x90, UInt8(zstd.count + 9), 0, 0, 0]
      + [UInt8(text.count & 255), UInt8(text.count >> 8), 0, 0] + zstd)
  out[.frames]?.append([1] + zero16 + [0x02, 13, 0, 0, 0, 4, 0, 0, 0, 1, 2, 3, 4])
  for (which, kind) in [Compression.none, .gzip, .zstd, .lz4, .zip, .deflate].enumerated()
  where kind != .zip {
    for choice in [UInt8(which), 255] {
      out[.codings, default: []].append([choice, 40] + packed(text, kind))
    }
  }
  out[.codings, default: []].append([255, 40] + storedZip)

  let trades = """
    1,61650.10,0.5,30825.05,1723161255342,True,True
    2,61650.2,0.00010000,6.165020,1723161255343000,false,true

    """
  out[.exchange] = [
    [9] + Array(trades.utf8), [50] + Array("a,b,c\n1,2,3\n\"x\"\"\n\",,4\n".utf8),
    [20] + Array("id,price,qty,quote_qty,time,is_buyer_maker\n1,2,3,6,1723161255342,true\n".utf8),
  ]

  out[.sql] =
    try CorpusFile.all().flatMap { $0.cases.map { Array($0.sql.utf8) } }
    + [
      "SELECT * FROM trades AS t ASOF JOIN trades AS u ON t.symbol = u.symbol AND t.ts >= u.ts",
      "SELECT symbol, max(price), groupArray(note) FROM trades GROUP BY symbol WITH TOTALS",
      "SELECT *, rank() OVER (PARTITION BY symbol ORDER BY ts) FROM trades ORDER BY ts WITH FILL",
      "SELECT * FROM wide WHERE c5 > 0 LIMIT 1 BY c7",
    ].map { Array($0.utf8) }
  out[.request] = [
    "GET /?query=SELECT%201&max_threads=2&param_a=%5B1%5D&session_id=a\nHost: localhost:8123",
    "POST /?query=INSERT+INTO+t+FORMAT+Native&decompress=1\nHost: [::1]\nContent-Encoding: zstd\nContent-Length: 3",
    "POST /import?file=a.csv&progress=1&table=trades\nHost: localhost\nTransfer-Encoding: chunked",
    "GET http://127.0.0.1/query?query=1&user=desk&password=key\nHost: a\nAuthorization: Basic ZGVzazprZXk=",
  ].map { Array($0.utf8) }
  out[.url] = ["query=SELECT%201&a=+b", "[::1]:8123", "127.0.0.1:8123", "ZGVzazprZXk="].map {
    Array($0.utf8)
  }
  out[.parameters] = [
    "SELECT {a:UInt64} + {b:Nullable(String)}\0" + "5\0\\N",
    "SELECT {a:Array(Tuple(UInt8, String))}\0[(1,'x\\t')]",
    "SELECT {a:Identifier}, {b:DateTime64(3)} FROM {c:Identifier}\0price\02024-01-01 00:00:00.5\0trades",
    "SELECT {a:Map(String, Decimal(9, 2))}['k']\0{'k':1.25}",
  ].map { Array($0.utf8) }

  for path in try vectorFiles() {
    let bytes = [UInt8](try Data(contentsOf: path))
    switch path.pathExtension {
    case "segment": out[.segment, default: []].append(bytes)
    case "wal":
      // As `readLog` has it: without the room behind the header, and without what was never written.
      let used = bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
      out[.log, default: []].append(Array(bytes[..<64] + bytes[4096..<max(4096, used)]))
    default:
      if path.lastPathComponent.hasPrefix("MANIFEST") {
        out[.manifest, default: []].append(bytes)
      }
    }
  }
  return out
}

private func vectorFiles() throws -> [URL] {
  let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../storage-format/vectors").standardized
  return try FileManager.default.subpathsOfDirectory(atPath: root.path).sorted().map {
    root.appendingPathComponent($0)
  }.filter { !$0.hasDirectoryPath }
}

/// An archive of one stored member `a` of two bytes.
private let storedZip: [UInt8] = {
  let crc: [UInt8] = [0x92, 0x42, 0xCC, 0xB6]
  let sizes: [UInt8] = [2, 0, 0, 0, 2, 0, 0, 0]
  let local: [UInt8] =
    [0x50, 0x4B, 3, 4, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0] + crc + sizes + [1, 0, 0, 0, 0x61]
  let entry: [UInt8] =
    [0x50, 0x4B, 1, 2, 10, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0] + crc + sizes
    + [1, 0] + [UInt8](repeating: 0, count: 16) + [0x61]
  let start = UInt8(local.count + 2)
  let end: [UInt8] =
    [0x50, 0x4B, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0, UInt8(entry.count), 0, 0, 0, start, 0, 0, 0, 0, 0]
  return local + [1, 2] + entry + end
}()
