/// What an import would do, from reading a file whole and storing nothing: `--dry-run`.
import TickColumns
import TickFormats
import TickSQL
import TickStorage

/// What is kept of the rows that are only looked at.
struct ImportSurvey {
  static let rowsMax = 5
  private let timeField: Int?
  private(set) var first: [Batch] = []
  private(set) var rowCount = 0
  private(set) var span: ClosedRange<Int64>?

  /// - Parameter timeField: the column of times.
  init(fields: Int, timeField: Int?) {
    self.timeField = timeField
  }

  mutating func add(_ batch: Batch) {
    let wanted = Self.rowsMax - first.reduce(0) { $0 + $1.rowCount }
    if wanted > 0, batch.rowCount > 0 { first.append(batch.slice(0..<min(wanted, batch.rowCount))) }
    rowCount += batch.rowCount
    guard let timeField, case .int64(let times) = batch.columns[timeField].values,
      let low = times.min(), let high = times.max()
    else { return }
    span = min(low, span?.lowerBound ?? low)...max(high, span?.upperBound ?? high)
  }
}

struct ImportPreview {
  let file: String
  let plan: ImportPlan
  let survey: ImportSurvey
  var rejectedRows = 0
  var oddRows = 0
  var duplicateRows = 0
  var reasons: [RejectReason] = []
  var wasKnown = false
  /// Stored rows of the same exchange and symbol in the same span; nil where rows have no time.
  private var overlap: Int?

  init(file: String, plan: ImportPlan, survey: ImportSurvey) {
    self.file = file
    self.plan = plan
    self.survey = survey
  }

  mutating func compare(with table: StoredTable, _ plan: ImportPlan) throws(SQLError) {
    guard let span = survey.span else { return }
    let codes = ["exchange", "symbol"].filter { plan.constants[$0] != nil }
    var constraints = [
      ColumnConstraint(
        column: "ts",
        condition: .range(
          lower: .int(span.lowerBound), lowerIsInclusive: true, upper: .int(span.upperBound),
          upperIsInclusive: true))
    ]
    for code in codes {
      guard let value = plan.constants[code] else { continue }
      constraints.append(ColumnConstraint(column: code, condition: .oneOf([value])))
    }
    let scan = try table.scan(ScanRequest(columns: ["ts"] + codes, constraints: constraints))
    var count = 0
    for morsel in 0..<scan.morselCount {
      try scan.read(morsel: morsel) { (batch) throws(SQLError) in
        guard case .int64(let times) = batch.columns[0].values else { return false }
        let columns = Array(batch.columns.dropFirst())
        let starts = columns.isEmpty ? [0] : runStarts(columns, rowCount: batch.rowCount)
        for (place, start) in starts.enumerated() {
          let isSame = codes.indices.allSatisfy {
            columns[$0].value(at: Int(start)) == plan.constants[codes[$0]]
          }
          guard isSame else { continue }
          let end = place + 1 < starts.count ? Int(starts[place + 1]) : batch.rowCount
          for row in Int(start)..<end where span.contains(times[row]) { count += 1 }
        }
        return true
      }
    }
    overlap = count
  }

  /// What the user reads.
  var text: String {
    let table = plan.table.definition
    var lines = ["\(file): \(plan.file.title), into \(table.database).\(table.name)"]
    for field in plan.layout.fields {
      if let constant = plan.constants[field.name] {
        lines.append(
          "  \(field.name): \(Column(field.type, of: [constant]).text(at: 0)) in all rows")
      }
    }
    let columns = plan.file.columns.map { column in
      "\(column.column) = \(plan.file.names[column.cell])\(Self.describe(column.reading, unit))"
    }
    lines.append("  columns: " + columns.joined(separator: ", "))
    let unused = plan.file.unusedNames
    if !unused.isEmpty { lines.append("  not taken: " + unused.joined(separator: ", ")) }
    if let day = plan.day {
      lines.append("  day: \(CivilDate(daysSinceEpoch: day).text)")
    }
    if let first = firstRows {
      lines += first.split(separator: "\n", omittingEmptySubsequences: true).map { "  \($0)" }
    }
    var rows = "  \(survey.rowCount) rows"
    if let span = survey.span {
      rows += " from \(Self.time(span.lowerBound)) to \(Self.time(span.upperBound))"
    }
    lines.append(rows)
    lines += reasons.map { "  \($0.sentence)" }
    if let overlap { lines.append("  \(overlap) rows of the same span are stored already") }
    if duplicateRows > 0 {
      lines.append("  \(duplicateRows) rows are duplicates and would be left out")
    }
    lines.append(
      wasKnown
        ? "  imported before: nothing would be added"
        : "  would add \(survey.rowCount - duplicateRows) rows")
    return lines.joined(separator: "\n")
  }

  /// The unit of the file's times, where they are numbers.
  private var unit: String? { plan.timeUnit?.rawValue }

  private static func describe(_ reading: CellReading, _ unit: String?) -> String {
    switch reading {
    case .value, .price, .quantity: ""
    case .scaled(let factor, let divides): " \(divides ? "/" : "*") \(factor)"
    case .time(let given): " (\(given.rawValue) since 1970)"
    case .anyTime: unit.map { " (\($0) since 1970)" } ?? " (text)"
    case .timeOfDay(let unit): " (\(unit.rawValue) of the day)"
    case .side(let rule): " (\(rule.rawValue))"
    case .identifier: ""
    }
  }

  private var firstRows: String? {
    guard !survey.first.isEmpty else { return nil }
    let schema = Schema(plan.layout.fields.map { Field($0.name, $0.type) })
    let columns = schema.fields.indices.map { field in
      Column.concatenate(schema[field].type, survey.first.map { $0.columns[field] })
    }
    let batch = Batch(columns, rowCount: survey.first.reduce(0) { $0 + $1.rowCount })
    var encoder = OutputFormat.prettyCompact.makeEncoder(schema: schema)
    var out: [UInt8] = []
    encoder.begin(into: &out)
    encoder.write(batch, into: &out)
    encoder.finish(ResultStatistics(), into: &out)
    return String(decoding: out, as: UTF8.self)
  }

  private static func time(_ ticks: Int64) -> String {
    Column(MarketColumns.time, .int64([ticks])).text(at: 0)
  }
}

extension CivilDate {
  /// `YYYY-MM-DD`.
  fileprivate var text: String {
    Column(.date32, .int32([Int32(truncatingIfNeeded: daysSinceEpoch)])).text(at: 0)
  }
}

extension Database {
  /// What an import of the file would do: one text for the file, or for each member of an archive.
  public func previewImport(
    _ path: String, name: String? = nil, _ options: ImportOptions,
    cancellation: any Cancellation
  ) throws(EngineError) -> [String] {
    try previewImport(
      ImportFile(path: path, name: name ?? path), options, cancellation: cancellation
    ).map(\.text)
  }

  func previewImport(
    _ file: ImportFile, _ options: ImportOptions, cancellation: any Cancellation
  ) throws(EngineError) -> [ImportPreview] {
    try importing.take(cancellation) { () throws(EngineError) in
      let source = try ImportSource(file)
      var previews: [ImportPreview] = []
      repeat {
        let report = RejectsReport(of: source.title, path: "")
        var importer = try Importer(
          source, file, options, report, database: self, isSurvey: true, cancellation: cancellation)
        previews.append(try importer.look { _ in })
      } while try source.advance()
      return previews
    }
  }
}
