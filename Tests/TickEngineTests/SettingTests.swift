/// Settings by name: what acts does, what is harmless takes any value, and the rest is refused.
import TickColumns
import Testing

@testable import TickEngine

struct SettingTests {
  private func error(_ settings: inout QuerySettings, _ changes: [SettingChange]) -> EngineError? {
    do throws(EngineError) {
      try settings.apply(changes)
      return nil
    } catch {
      return error
    }
  }

  private func code(_ name: String, _ value: String?) -> ErrorCode? {
    var settings = QuerySettings()
    do throws(EngineError) {
      try settings.apply([SettingChange(name, value)])
      return nil
    } catch {
      return error.code
    }
  }

  @Test("header fields that a statement asks for are refused, not left out")
  func responseHeaders() {
    #expect(code("http_response_headers", "{'X-Desk':'1'}") == .notImplemented)
    #expect(code("http_response_headers", "{}") == nil)
  }

  @Test("every setting takes its default, in text and as DEFAULT")
  func defaults() {
    #expect(Setting.all.count > 1800)
    for setting in Setting.all {
      #expect(code(setting.name, nil) == nil, "\(setting.name)")
      #expect(
        code(setting.name, Setting.named(setting.name)?.defaultValue) == nil, "\(setting.name)")
    }
  }

  @Test(
    "another flag or number is taken where it acts or is harmless, and refused with 48 elsewhere")
  func otherValues() {
    for setting in Setting.all where setting.original.isEmpty {
      let other: String
      switch setting.type {
      case "Bool": other = setting.defaultValue == "1" ? "0" : "1"
      case "UInt64", "NonZeroUInt64": other = setting.defaultValue == "2" ? "1" : "2"
      default: continue
      }
      switch setting.act {
      case .acts, .harmless, .obsolete: #expect(code(setting.name, other) == nil, "\(setting.name)")
      case .only(let values):
        let isListed = values.contains(other)
        #expect(code(setting.name, other) == (isListed ? nil : .notImplemented), "\(setting.name)")
      }
    }
  }

  @Test(
    "nonsense is refused by every type",
    arguments: [
      ("join_use_nulls", "2"), ("join_use_nulls", "yes"), ("max_result_rows", "-1"),
      ("max_result_rows", "1.5"), ("max_result_rows", "9223372036854775808"),
      ("max_result_rows", "10000000P"), ("max_result_rows", "1Z"), ("max_result_rows", "i"),
      ("max_execution_time", "nan"), ("max_execution_time", "soon"),
      ("optimize_read_in_order", "x"),
      ("readonly", "3"), ("http_zlib_compression_level", "high"),
    ])
  func nonsense(name: String, value: String) {
    #expect(code(name, value) == .badArguments)
  }

  @Test("counts may carry ClickHouse's suffixes")
  func suffixes() throws {
    for (text, bytes) in [
      ("7", 7), ("3K", 3000), ("3Ki", 3072), ("2G", 2_000_000_000), ("1Gi", 1 << 30),
    ] {
      var settings = QuerySettings()
      try settings.apply([SettingChange("max_memory_usage", text)])
      #expect(settings.maxMemoryBytes == bytes)
    }
  }

  @Test("an alias acts as the name that it stands for")
  func alias() throws {
    let setting = try #require(Setting.named("replication_alter_partitions_sync"))
    #expect(setting.name == "alter_sync")
  }

  @Test("an unknown name is 115 and gets a hint")
  func unknown() {
    var settings = QuerySettings()
    #expect(
      error(&settings, [SettingChange("max_thread", "1")])
        == EngineError(
          .unknownSetting, "Unknown setting 'max_thread'. Maybe you meant: 'max_threads'"))
  }

  @Test("what readonly was before counts for the whole list")
  func readonly() throws {
    var settings = QuerySettings()
    try settings.apply([SettingChange("readonly", "1"), SettingChange("max_threads", "1")])
    #expect(settings.maxThreads == 1)
    for change in [
      SettingChange("max_threads", "2"), SettingChange("readonly", "0"),
      SettingChange("readonly", nil),
    ] {
      #expect(error(&settings, [change])?.code == .readonly)
    }
    // Saying what is there anyway changes nothing.
    try settings.apply([SettingChange("max_threads", "1")])
    var second = QuerySettings()
    try second.apply([SettingChange("readonly", "2")])
    try second.apply([SettingChange("max_threads", "2")])
    #expect(error(&second, [SettingChange("readonly", "0")])?.code == .readonly)
  }

  @Test("a session keeps what SET changed, whole lists or nothing, and parameters")
  func session() throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    let session = Session()
    func ask(_ sql: String) throws -> String {
      var request = QueryRequest(text: Array(sql.utf8), queryID: "")
      request.session = session
      let sink = TextSink()
      _ = try database.execute(request, input: NoInput(), sink: sink, cancellation: Never())
      return sink.text
    }
    _ = try ask("SET join_use_nulls = 1, param_price = '1.5'")
    #expect(throws: EngineError.self) {
      _ = try ask("SET union_default_mode = 'ALL', extremes = 7")
    }
    #expect(
      try ask(
        "SELECT getSetting('join_use_nulls'), getSetting('union_default_mode'), {price:Float64}")
        == "true\t\t1.5\n")
    _ = try ask("SET join_use_nulls = DEFAULT")
    #expect(try ask("SELECT name FROM system.settings WHERE changed") == "")
    _ = try ask("USE system")
    #expect(try ask("SELECT currentDatabase(), count() > 3 FROM tables") == "system\t1\n")
    #expect(throws: EngineError.self) { _ = try ask("USE nowhere") }
    // A session is bounded, whatever is sent.
    let long = String(repeating: "x", count: 200_000)
    for number in 0..<5 { _ = try ask("SET param_p\(number) = '\(long)'") }
    #expect(throws: EngineError.self) { _ = try ask("SET param_p5 = '\(long)'") }
    #expect(try ask("SELECT length({p4:String})") == "200000\n")
  }
}
