internal import TickColumns

/// Reading chunks that are packed as a whole.
///
/// Invariant: a chunk is unpacked once for all that ask for its blocks while `ColdChunkCache` keeps it.
extension SegmentReader {
  /// All rows of a chunk that is coded as values.
  func coldColumn(
    _ stored: Int, _ group: Int, _ table: BlockTable
  ) throws(StorageError) -> Column {
    let chunk = group * storedColumns.count + stored
    let key = ColdChunkCache.Key(reader: coldIdentity, chunk: chunk)
    if case .column(let column)? = ColdChunkCache.shared.content(key) { return column }
    // A directory that says that rows are NULL belongs to another chunk.
    let directory = try directory(stored)
    for block in table.blocks(ofGroup: group)
    where directory.validCount(block) != Int(table.rows[block]) {
      throw coldDamage(chunk, "NULLs in a chunk that has none")
    }
    var reference: Column?
    if let other = references[stored], try isDifferences(chunk) {
      var known: [Int: Column] = [:]
      let blocks = Array(table.blocks(ofGroup: group))
      reference = try decode(other, group, blocks, table, &known)
    }
    let dictionary = try dictionary(ofStored: stored)
    let byteCount = footer.chunks[chunk].byteCount
    let column = try withChunk(chunk, 0..<byteCount) { (bytes) throws(StorageError) -> Column in
      do throws(EncodingError) {
        return try decodeColdChunk(
          storedColumns[stored].type, rows: footer.groups[group].rowCount, of: bytes,
          dictionary: dictionary, reference: reference, ColdChunk.compression)
      } catch {
        throw coldDamage(chunk, error.sentence)
      }
    }
    ColdChunkCache.shared.keep(.column(column), key)
    return column
  }

  /// True where a chunk of values says that they are differences: only then is the reference worth reading.
  private func isDifferences(_ chunk: Int) throws(StorageError) -> Bool {
    guard footer.chunks[chunk].byteCount > 0 else { return false }
    return try withChunk(chunk, 0..<1) { (bytes) throws(StorageError) in
      unsafe bytes.withUnsafeBytes { unsafe coldChunkIsDifferences(firstByte: $0[0]) }
    }
  }

  /// The blocks of a chunk that is packed as one frame, back to back.
  func unpackedBlocks(_ chunk: Int, byteCount: Int) throws(StorageError) -> [UInt8] {
    let key = ColdChunkCache.Key(reader: coldIdentity, chunk: chunk)
    if case .blocks(let bytes)? = ColdChunkCache.shared.content(key) { return bytes }
    let packed = try withChunk(chunk, 0..<footer.chunks[chunk].byteCount) {
      (bytes) throws(StorageError) in unsafe bytes.withUnsafeBytes { unsafe Array($0) }
    }
    guard let bytes = ColdChunk.compression.unpack(packed, byteCount) else {
      throw coldDamage(chunk, "it does not unpack to blocks of \(byteCount) bytes")
    }
    ColdChunkCache.shared.keep(.blocks(bytes), key)
    return bytes
  }

  /// The rows of some blocks out of those of the whole group.
  func rows(
    of blocks: [Int], in whole: Column, _ group: Int, _ table: BlockTable
  ) -> Column {
    let all = table.blocks(ofGroup: group)
    if blocks.count == all.count { return whole }
    let first = Int(table.firstRows[all.lowerBound])
    var parts: [Range<Int>] = []
    for block in blocks {
      let rows = Int(table.firstRows[block]) - first..<Int(table.firstRows[block + 1]) - first
      if let last = parts.last, last.upperBound == rows.lowerBound {
        parts[parts.count - 1] = last.lowerBound..<rows.upperBound
      } else {
        parts.append(rows)
      }
    }
    if parts.count == 1 { return whole.slice(parts[0]) }
    return Column.concatenate(whole.type, parts.map { whole.slice($0) })
  }

  private func coldDamage(_ chunk: Int, _ detail: String) -> StorageError {
    .corrupt(
      path: file.path, offset: footer.chunks[chunk].offset, detail: "chunk \(chunk): \(detail)")
  }
}
