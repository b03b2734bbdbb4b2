/// What is left of a damaged log: every record that is whole, whatever stands around it.
///
/// An opening refuses such a log, since nobody knows what the gap held (`LogReader`). Who repairs wants the rest and the places of the
/// gaps.
///
/// Invariants:
/// 1. A record is taken only where its group and its own checksums are right and belong to this directory and this lap of the file.
/// 2. Records come in the order of their files and places, so those of one table ascend.
/// 3. What could not be read is told once for each stretch of a file.
internal import TickColumns

struct LogSalvage {
  let durable: DurableFiles
  let identity: UInt64

  /// Gives every whole record to `body` and every place that is not one to `gap`.
  func read(
    _ body: (FoundRecord, [UInt8], String) throws(StorageError) -> Void,
    gap: (StorageError) -> Void
  ) {
    let numbers = durable.listQuietly("wal").compactMap { LogFormat.number(of: $0) }.sorted()
    var expected: UInt64?
    for number in numbers {
      if let expected, expected != number {
        gap(
          .corrupt(
            path: LogFormat.path(number: expected), offset: 0,
            detail: "the file is missing before \(number)"))
      }
      expected = number + 1
      do throws(StorageError) {
        try readFile(number, next: numbers.first { $0 > number }, body, gap)
      } catch {
        gap(error)
      }
    }
  }

  private func readFile(
    _ number: UInt64, next: UInt64?,
    _ body: (FoundRecord, [UInt8], String) throws(StorageError) -> Void,
    _ gap: (StorageError) -> Void
  ) throws(StorageError) {
    let path = LogFormat.path(number: number)
    let bytes = try durable.read(path)
    // The next file says where this one ends; what lies behind was cut by an opening and belongs to nobody.
    let limit = min(bytes.count, next.flatMap { end(before: $0) } ?? bytes.count)
    var position = LogFormat.blockBytes
    // Bytes before the first group of the lap, or behind the last one, are nobody's; between two they are lost.
    var lost: Int?
    while position + LogFormat.groupHeaderBytes <= limit {
      guard
        let (group, checksum) = LogGroupHeader.read(
          bytes, at: position, lap: number, identity: identity)
      else {
        lost = lost ?? position
        position += LogFormat.blockBytes
        continue
      }
      if let start = lost {
        gap(
          .corrupt(
            path: path, offset: start, detail: "no group up to the one at \(position) is whole"))
        lost = nil
      }
      let end = min(position + Int(group.byteCount), limit)
      var place = position + LogFormat.groupHeaderBytes
      var chain = checksum
      for _ in 0..<group.recordCount {
        guard
          let record = FoundRecord.read(bytes, at: place, end: end, chain: chain, verifies: true)
        else {
          gap(
            .corrupt(
              path: path, offset: place,
              detail: "a record of the group at \(position) is damaged, and what follows it there"))
          break
        }
        do throws(StorageError) {
          try body(record, bytes, path)
        } catch {
          gap(error)
        }
        place = record.end
        chain = record.checksum
      }
      position = LogFormat.roundedUp(max(end, position + 1))
    }
    // The end of the newest file may be a torn write of what nobody was told of; that of an older one is not.
    if let lost, next != nil, bytes[lost..<limit].contains(where: { $0 != 0 }) {
      gap(.corrupt(path: path, offset: lost, detail: "nothing behind it is whole"))
    }
  }

  /// Where the file before this one ends; nil where the header cannot be read.
  private func end(before number: UInt64) -> Int? {
    let path = LogFormat.path(number: number)
    do throws(StorageError) {
      let bytes = try durable.read(path)
      let header = try LogFileHeader(bytes.prefix(LogFormat.fileHeaderBytes), path: path)
      return header.identity == identity ? Int(exactly: header.previousEnd) : nil
    } catch {
      // The file itself says so when its turn comes.
      return nil
    }
  }
}
