/// Packed bytes, files of exchanges and names of types.
import TickColumns

@testable import TickFormats

/// Unpacked bytes after which an input has shown what it can: the reader's memory is constant from there on.
private let unpackedBytesMax = 8 << 20

/// What some frames hold; nil where they are refused.
private func unframed(_ bytes: [UInt8], pieceBytes: Int) -> [UInt8]? {
  do throws(FormatError) {
    var reader = NativeFrameReader()
    var out: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: pieceBytes) {
      out += try reader.push(Array(bytes[start..<min(start + pieceBytes, bytes.count)]))
    }
    try reader.finish()
    return out
  } catch {
    require(!error.message.isEmpty, "an error without a sentence")
    return nil
  }
}

/// Byte 0: length of the pieces, odd for frames whose checksums and sizes are made right first, so that what
/// unpacks is reached; then frames.
func readFrames(_ input: [UInt8]) {
  var choices = Choices(input)
  let pieceBytes = Int(choices.byte()) + 1
  let bytes = pieceBytes % 2 == 0 ? resealed(Array(choices.rest)) : Array(choices.rest)
  let content = unframed(bytes, pieceBytes: max(1, bytes.count))
  require(content == unframed(bytes, pieceBytes: pieceBytes), "frames depend on the pieces")
  if let content, content.count < unpackedBytesMax {
    let written = NativeFrameWriter().frames(content)
    require(
      unframed(written, pieceBytes: max(1, written.count)) == content,
      "frames change when written and read")
  }
}

/// The frames with the checksum that each should have; the last one ends with the input.
private func resealed(_ bytes: [UInt8]) -> [UInt8] {
  var out = bytes
  var start = 0
  while start + 25 <= out.count {
    let named = (0..<4).reduce(0) { $0 | Int(out[start + 17 + $1]) << (8 * $1) }
    let packed = min(max(9, named), out.count - start - 16)
    for i in 0..<4 { out[start + 17 + i] = UInt8(truncatingIfNeeded: packed >> (8 * i)) }
    let end = start + 16 + packed
    out.replaceSubrange(
      start..<start + 16, with: CityHash128.hash(Array(out[start + 16..<end]).span).bytes)
    start = end
  }
  return out
}

/// Byte 0: the packing, or 255 for what the bytes say; byte 1: length of the pieces; then the stream.
func readCoding(_ input: [UInt8]) {
  var choices = Choices(input)
  let kinds: [Compression] = [.none, .gzip, .zstd, .lz4, .zip, .deflate]
  let choice = Int(choices.byte())
  let compression = choice < 128 ? kinds[choice % kinds.count] : nil
  let pieceBytes = Int(choices.byte()) + 1
  let bytes = Array(choices.rest)
  let whole = unpacked(bytes, compression, pieceBytes: max(1, bytes.count))
  require(
    whole == unpacked(bytes, compression, pieceBytes: pieceBytes),
    "what a stream unpacks to depends on the pieces")
  guard let whole, whole.count < 1 << 16 else { return }
  for kind in kinds where kind != .zip {
    require(
      unpacked(packed(whole, kind), kind, pieceBytes: 1 << 16) == whole,
      "\(kind): bytes change when packed and unpacked")
  }
}

/// What a stream holds up to `unpackedBytesMax`; nil where it is damaged.
private func unpacked(
  _ bytes: [UInt8], _ compression: Compression?, pieceBytes: Int
) -> [UInt8]? {
  do throws(FormatError) {
    var stream = Decompressor(compression)
    var out: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: pieceBytes) {
      stream.push(Array(bytes[start..<min(start + pieceBytes, bytes.count)]))
      while let piece = try stream.next() {
        require(piece.count <= Decompressor.pieceBytesMax, "a piece over its limit")
        out += piece
        // Bombs are known by now; where their end lies is not looked for.
        if out.count > unpackedBytesMax { return [] }
      }
    }
    stream.end()
    while let piece = try stream.next() {
      out += piece
      if out.count > unpackedBytesMax { return [] }
    }
    return out
  } catch {
    require(!error.message.isEmpty, "an error without a sentence")
    return nil
  }
}

func packed(_ bytes: [UInt8], _ compression: Compression) -> [UInt8] {
  do throws(FormatError) {
    var stream = try Compressor(compression)
    return try stream.write(bytes, isLast: true)
  } catch {
    fatalError("\(compression): \(error)")
  }
}

/// A name of a type.
func readTypeName(_ input: [UInt8]) {
  let text = String(decoding: input, as: UTF8.self)
  do throws(TypeNameError) {
    let type = try DataType.parse(text)
    let again = try? DataType.parse(type.description)
    require(again == type, "the type \(type) has a name that reads as \(String(describing: again))")
  } catch {
    require(!error.message.isEmpty, "an error without a sentence")
  }
}

/// Byte 0: about how long the chunks are; then a file to import.
func readExchangeFile(_ input: [UInt8]) {
  var choices = Choices(input)
  let targetBytes = Int(choices.byte()) + 1
  let bytes = Array(choices.rest)
  let sample = bytes.prefix(LayoutDetector.sampleBytes)
  let name = String(decoding: bytes.prefix(100), as: UTF8.self)
  _ = (FileNames.symbol(name), FileNames.day(name))
  do throws(FormatError) {
    guard try LayoutDetector.isEnough(sample) else { return }
    let outline = try LayoutDetector.outline(sample)
    let layout = try LayoutDetector.layout(sample, outline) ?? plainLayout(outline)
    let chunks = chunks(bytes, targetBytes: targetBytes, layout.shape.rowEnds)
    if case .binanceTrades(let trades) = layout.shape {
      let parser = BinanceTradesParser(layout: trades)
      check(chunks, layout, bytes) { parser.parse($0[...], isFirst: $1) }
    } else {
      let table = layout.isPlain ? plainTable(outline) : MarketColumns.schema(of: layout)
      let parser = try MappedParser(layout, table: table, day: 19_000)
      check(chunks, layout, bytes) { parser.parse($0[...], isFirst: $1) }
    }
  } catch {
    require(!error.message.isEmpty, "an error without a sentence")
  }
}

/// A file whose names are the columns of a table, which has columns of all types.
private func plainTable(_ outline: LayoutDetector.Outline) -> Schema {
  Schema(
    outline.names.enumerated().map { position, name in
      Field(name, FuzzSchema.types[position % FuzzSchema.types.count])
    })
}

private func plainLayout(_ outline: LayoutDetector.Outline) -> FileLayout {
  var layout = FileLayout(
    "plain", table: nil, shape: outline.shape, names: outline.names,
    columns: outline.names.enumerated().map { ColumnMapping($1, $0) })
  layout.isPlain = true
  return layout
}

private func chunks(_ bytes: [UInt8], targetBytes: Int, _ ends: RowEnds) -> [[UInt8]]? {
  do throws(FormatError) {
    var chunker = LineChunker(targetBytes: targetBytes, rowEnds: ends)
    var out: [[UInt8]] = []
    for start in stride(from: 0, to: bytes.count, by: 64) {
      if let chunk = try chunker.push(Array(bytes[start..<min(start + 64, bytes.count)])) {
        out.append(chunk)
      }
    }
    if let chunk = chunker.finish() { out.append(chunk) }
    return out
  } catch {
    require(!error.message.isEmpty, "an error without a sentence")
    return nil
  }
}

/// The chunks are the file, and where rows are lines reading them gives as many rows and rejects as reading it whole.
private func check(
  _ chunks: [[UInt8]]?, _ layout: FileLayout, _ bytes: [UInt8],
  _ parse: ([UInt8], Bool) -> ParsedChunk
) {
  let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
  let content = bytes.starts(with: mark) ? Array(bytes.dropFirst(3)) : bytes
  let whole = parse(content, true)
  guard let chunks else { return }
  require(chunks.flatMap { $0 } == content, "chunks are not the file")
  let parts = chunks.enumerated().map { parse($1, $0 == 0) }
  switch layout.shape {
  case .delimited, .binanceTrades: break
  default: return
  }
  let rows = parts.reduce(0) { $0 + $1.batch.rowCount }
  let rejects = parts.reduce(0) { $0 + $1.rejects.count }
  require(
    rows == whole.batch.rowCount && rejects == whole.rejects.count,
    "\(rows) rows and \(rejects) rejects in chunks, \(whole.batch.rowCount) and \(whole.rejects.count) as a whole"
  )
}
