/// Rows that a number determines, written and read back, for the tests of the store.
import TestSupport
import TickColumns
import TickFormats

@testable import TickStorage

enum SampleRows {
  /// The columns of `tableDefinition` for rows with these numbers.
  static func columns(_ numbers: [Int]) -> [Column] {
    [
      Column(
        .dateTime64(precision: 9, zone: "UTC"),
        .int64(numbers.map { 1_723_075_200_000_000_000 + Int64($0) * 1_000 })),
      Column(.lowCardinality(.string), of: numbers.map { .text("S\($0 % 3)") }),
      Column(.nullable(.string), of: numbers.map { $0 % 4 == 0 ? .null : .text("n\($0)") }),
    ]
  }

  /// The stored columns of a definition that came from `tableDefinition`: a column that was added is an Int64 and
  /// holds the number.
  static func columns(_ numbers: [Int], of definition: TableDefinition) -> [Column] {
    let first = columns(numbers)
    return definition.storedFields.map { field in
      field.id <= 3 ? first[Int(field.id) - 1] : Column(.int64, .int64(numbers.map { Int64($0) }))
    }
  }

  static func key(_ columns: [Column]) -> [SegmentKeyColumn] {
    [SegmentKeyColumn(columns[1], fieldID: 2), SegmentKeyColumn(columns[0], fieldID: 1)]
  }

  static func part(
    _ definition: TableDefinition, _ numbers: [Int], partition: String = "2024-08-08",
    offsets: [UInt32]? = nil
  ) -> TransactionPart {
    TransactionPart(
      definition: definition, partition: partition,
      columns: Batch(columns(numbers, of: definition), rowCount: numbers.count),
      key: key(columns(numbers)),
      sequenceOffsets: offsets)
  }

  static func input(_ definition: TableDefinition, _ numbers: [Int]) -> SegmentInput {
    SegmentInput(
      fields: definition.storedFields.map {
        SegmentField(id: $0.id, name: $0.name, type: $0.type)
      },
      columns: columns(numbers, of: definition), key: key(columns(numbers)),
      sequences: numbers.indices.map { UInt64($0) })
  }

  /// The number of each row by its sequence; nil in place of a number where a row's columns do not belong
  /// together. Throws when two rows have one sequence.
  static func numbers(
    of table: TableSnapshot
  ) throws -> [UInt64: Int?] {
    var out: [UInt64: Int?] = [:]
    let stored = table.definition.storedFields
    func take(_ columns: [Column], _ sequences: [UInt64]) throws {
      for row in sequences.indices {
        guard case .int(let ts) = columns[0].value(at: row) else {
          throw WorldFailure(description: "a time is missing")
        }
        let number = Int((ts - 1_723_075_200_000_000_000) / 1_000)
        let expected = Self.columns([number], of: table.definition)
        let isRight = stored.indices.allSatisfy { place in
          let value = columns[place].value(at: row)
          // Rows of before a column was added have the default of its type.
          return value == expected[place].value(at: 0) || stored[place].id > 3 && value == .int(0)
        }
        guard out.updateValue(isRight ? number : nil, forKey: sequences[row]) == nil else {
          throw WorldFailure(description: "sequence \(sequences[row]) stands twice")
        }
      }
    }
    let fields = stored.map { SegmentField(id: $0.id, name: $0.name, type: $0.type) }
    for segment in table.segments {
      let reader = try segment.file.reader()
      for group in 0..<reader.groupCount {
        let batch = try reader.read(
          group: group, blocks: reader.allBlocks(ofGroup: group), fields: fields + [.sequence],
          sequenceBase: segment.entry.sequenceBase)
        guard case .uint64(let sequences) = batch.columns[fields.count].values else { continue }
        try take(batch.columns, sequences)
      }
    }
    for memtable in table.memtables {
      for batch in memtable.batches {
        let columns = stored.map { field in
          batch.column(of: field)
            ?? Column(
              field.type, repeating: .defaultValue(of: field.type), count: batch.rowCount)
        }
        try take(columns, batch.sequences)
      }
    }
    return out
  }
}
