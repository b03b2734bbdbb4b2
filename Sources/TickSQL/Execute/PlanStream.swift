import TickColumns

/// Puts the operators of a plan one upon the other.
enum PlanStream {
  static func make(_ plan: QueryPlan, _ run: QueryRun) throws(SQLError) -> any BatchStream {
    switch plan {
    case .select(let block): return try make(block, run)
    case .combination(let combination): return try make(combination, run)
    }
  }

  private static func make(
    _ combination: Combination, _ run: QueryRun
  ) throws(SQLError) -> any BatchStream {
    var branches: [any BatchStream] = []
    for branch in combination.branches { branches.append(try make(branch, run)) }
    let types = combination.schema.fields.map(\.type)
    switch combination.kind {
    case .union(let isDistinct):
      let all = UnionStream(branches)
      return isDistinct ? DistinctStream(all, types, run) : all
    case .intersect(let isDistinct):
      return SetDifferenceStream(branches, types, keepsCommon: true, isDistinct: isDistinct, run)
    case .except(let isDistinct):
      return SetDifferenceStream(branches, types, keepsCommon: false, isDistinct: isDistinct, run)
    }
  }

  private static func make(
    _ block: SelectBlock, _ run: QueryRun
  ) throws(SQLError) -> any BatchStream {
    var stream: any BatchStream
    let sort = block.order.isEmpty ? nil : SortSpecification(block.order)
    let topRows = topRows(block)
    let cut = block.windowing == nil ? sort.flatMap { sort in topRows.map { (sort, $0) } } : nil
    if let grouping = block.grouping {
      let (input, candles) = try withCandles(try source(block, run), block, run)
      stream = GroupingStream(block, grouping, input, candles, run)
    } else {
      let projection = Projection(block, cut: cut)
      switch try source(block, run) {
      case .scan(let scan):
        stream = ScanStream(try leading(scan, block, projection), projection, run)
      case .stream(let inner): stream = ProjectedStream(inner, projection)
      case .nothing: stream = EmptyStream()
      }
    }
    if let windowing = block.windowing {
      // Without calls the inputs are all that the outputs read.
      stream = ProjectedStream(
        windowing.calls.isEmpty ? stream : WindowStream(stream, windowing, run),
        Projection(filter: windowing.qualify, outputs: block.outputs))
    }
    if block.isDistinct {
      stream = DistinctStream(stream, block.schema.fields.map(\.type), run)
    }
    if let sort { stream = SortStream(stream, sort, block.outputs.map(\.type), topRows, run) }
    if let limitBy = block.limitBy {
      stream = LimitByStream(stream, limitBy, limitBy.keys.map { block.outputs[$0].type }, run)
    }
    if let fill = block.fill {
      stream = FillStream(stream, fill, block.outputs.map(\.type), run)
    }
    if block.limit != nil || block.offset > 0 {
      stream = LimitStream(
        stream, offset: block.offset, limit: block.limit,
        tieColumns: block.withTies ? block.order.map(\.output) : [])
    }
    if let counted = block.countedLimit {
      stream = CountedLimitStream(
        stream, counted, tieColumns: block.withTies ? block.order.map(\.output) : [], run)
    }
    if block.outputs.count > block.schema.count {
      stream = NarrowingStream(stream, width: block.schema.count)
    }
    return stream
  }

  /// The scan with partials in place of rows, where these give the same answer.
  private static func withCandles(
    _ input: OpenSource, _ block: SelectBlock, _ run: QueryRun
  ) throws(SQLError) -> (OpenSource, CandlePlan?) {
    guard case .scan(let scan) = input, let plan = CandlePlan(block, run.context),
      let partly = try scan.candles(plan.request)
    else { return (input, nil) }
    return (.scan(partly), plan)
  }

  /// The scan of a block with a cut, told of its first key where that is a column.
  private static func leading(
    _ scan: any TableScan, _ block: SelectBlock, _ projection: Projection
  ) throws(SQLError) -> any TableScan {
    guard let bound = projection.bound, let item = block.order.first, !item.nullsFirst,
      case .table(let reference) = block.source,
      case .column(let position) = projection.outputs[item.output].kind
    else { return scan }
    return try scan.leading(
      by: LeadingColumn(
        name: reference.fields[position].name, isDescending: item.isDescending,
        bound: { bound.value }))
  }

  /// How many rows a sort must keep, where the rest of the block reads no more; nil for all.
  private static func topRows(_ block: SelectBlock) -> Int? {
    guard let limit = block.limit, !block.isDistinct, block.limitBy == nil, block.fill == nil,
      !block.withTies
    else {
      return nil
    }
    let (rows, overflow) = limit.addingReportingOverflow(block.offset)
    return overflow || rows > topRowsMax ? nil : rows
  }

  /// Up to this many rows ORDER BY ... LIMIT keeps only candidates instead of sorting everything.
  private static let topRowsMax = 100_000

  private static func source(_ block: SelectBlock, _ run: QueryRun) throws(SQLError) -> OpenSource {
    if block.neverMatches { return .nothing }
    switch block.source {
    case .query(let inner): return .stream(try make(inner, run))
    case .join(let join):
      return .stream(
        JoinStream(join, left: try make(join.left, run), right: try make(join.right, run), run))
    case .unnested(let unnesting):
      return .stream(UnnestStream(try make(unnesting.plan, run), unnesting, run))
    case .table(let reference):
      let request = ScanRequest(
        columns: reference.fields.map(\.name), constraints: reference.constraints)
      let scan = try reference.table.scan(request)
      if scan.countsRows { run.context.progress.expect(rows: scan.rowEstimate) }
      return .scan(scan)
    }
  }
}

/// Where a block's rows come from, opened.
enum OpenSource {
  case scan(any TableScan)
  case stream(any BatchStream)
  case nothing
}
