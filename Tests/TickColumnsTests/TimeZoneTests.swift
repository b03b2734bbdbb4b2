import Foundation
import Testing
import TickColumns

private typealias TimeZone = TickColumns.TimeZone

/// What Python's zoneinfo says about a zone; `tools/zones` describes the file.
private struct ZoneAnswer {
  let name: String
  let changes: Int
  let instants: UInt64
  let locals: UInt64

  static func all() throws -> [ZoneAnswer] {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "data/zoneinfo.tsv")
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
      .filter { !$0.hasPrefix("#") }
      .map { line in
        let cells = line.split(separator: "\t").map { String($0) }
        return ZoneAnswer(
          name: cells[0], changes: try #require(Int(cells[1])),
          instants: try #require(UInt64(cells[2], radix: 16)),
          locals: try #require(UInt64(cells[3], radix: 16)))
      }
  }
}

private struct FNV {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ number: Int64) {
    for i in 0..<8 {
      hash = (hash ^ UInt64(UInt8(truncatingIfNeeded: number >> (8 * i)))) &* 0x100_0000_01B3
    }
  }
}

@Suite struct TimeZoneTests {
  private static let end2100: Int64 = 4_133_980_800

  @Test("every zone has the offsets and instants of Python's zoneinfo from 1970 to 2100")
  func zoneinfo() throws {
    let answers = try ZoneAnswer.all()
    #expect(answers.map(\.name) == TimeZone.names)
    for answer in answers {
      let zone = try #require(TimeZone.named(answer.name))
      var changes: [ZoneInterval] = []
      var interval = zone.interval(at: 0)
      var before = interval.offset
      var instants = FNV()
      var locals = FNV()
      while interval.end <= Self.end2100 {
        interval = zone.interval(at: interval.end)
        changes.append(interval)
        instants.add(interval.start)
        instants.add(interval.offset)
        let sum = before + interval.offset
        for local in [
          interval.start + before - 1, interval.start + before,
          interval.start + interval.offset - 1, interval.start + interval.offset,
          interval.start + sum.floorDivided(by: 2),
        ] {
          locals.add(zone.instant(ofLocal: local))
        }
        before = interval.offset
      }
      #expect(changes.count == answer.changes, "\(answer.name)")
      #expect(instants.hash == answer.instants, "\(answer.name)")
      #expect(locals.hash == answer.locals, "\(answer.name)")
    }
  }

  @Test(
    "an instant's interval holds it, joins the next, and comes back from local time, over all of time"
  )
  func intervals() throws {
    var probes: [Int64] = [.min, .min + 1, -100_000_000_000_001, .max - 1, .max]
    for year in stride(from: -3000, through: 12_000, by: 97) {
      probes.append(Int64(CivilDate(year: year, month: 7, day: 1).daysSinceEpoch) * 86_400 + 5)
    }
    for name in TimeZone.names {
      let zone = try #require(TimeZone.named(name))
      var cursor = ZoneCursor(zone)
      var localCursor = ZoneCursor(zone, isLocal: true)
      for probe in probes {
        let interval = zone.interval(at: probe)
        #expect(
          interval.start <= probe && (probe < interval.end || interval.end == .max), "\(name)")
        #expect(cursor.offset(at: probe) == interval.offset, "\(name)")
        if interval.end != .max {
          #expect(zone.interval(at: interval.end).start == interval.end, "\(name)")
          #expect(zone.interval(at: interval.end - 1) == interval, "\(name)")
        }
        guard probe > -99_000_000_000_000, probe < 99_000_000_000_000 else { continue }
        // The middle of an interval that is long enough is no doubtful local time.
        let local = probe + interval.offset
        if interval.start < probe - 90_000 || interval.start == .min, probe + 90_000 < interval.end
        {
          #expect(zone.instant(ofLocal: local) == probe, "\(name) \(probe)")
          #expect(local - localCursor.offset(at: local) == probe, "\(name) \(probe)")
        }
        let days = zone.instants(around: probe) { $0..<$0 + 1 }
        #expect(days.instants.contains(probe), "\(name) \(probe)")
        #expect(zone.start(ofDay: days.days.lowerBound) == days.instants.lowerBound, "\(name)")
      }
    }
  }

  @Test("days begin at the second midnight of two, and behind the gap where midnight is skipped")
  func days() throws {
    let saoPaulo = try #require(TimeZone.named("America/Sao_Paulo"))
    let spring = Int64(CivilDate(year: 2018, month: 11, day: 4).daysSinceEpoch)
    #expect(saoPaulo.start(ofDay: spring) == 1_541_300_400)
    #expect(saoPaulo.instant(ofLocal: spring * 86_400) == 1_541_296_800)
    let apia = try #require(TimeZone.named("Pacific/Apia"))
    let skipped = Int64(CivilDate(year: 2011, month: 12, day: 30).daysSinceEpoch)
    #expect(apia.start(ofDay: skipped) == 1_325_239_200)
    #expect(apia.start(ofDay: skipped + 1) == 1_325_239_200)
    // The clock went from 00:01 on the 30th back to 23:01 on the 29th.
    let stJohns = try #require(TimeZone.named("America/St_Johns"))
    let autumn = Int64(CivilDate(year: 2005, month: 10, day: 30).daysSinceEpoch)
    #expect(stJohns.start(ofDay: autumn) == autumn * 86_400 + 12_600)
    let first = autumn * 86_400 + 9_000 + 30
    #expect(stJohns.day(at: first) == autumn)
    #expect(stJohns.instants(around: first) { $0..<$0 + 1 }.days == autumn - 1..<autumn)
  }

  @Test("names are exact, and nothing else is a zone")
  func names() {
    #expect(TimeZone.version == "2026c")
    #expect(TimeZone.names.count == 598)
    #expect(TimeZone.named("utc") == nil)
    #expect(TimeZone.named("europe/london") == nil)
    #expect(TimeZone.named("") == nil)
    #expect(TimeZone.named("UTC")?.isUTC == true)
    #expect(TimeZone.named("Etc/GMT+5")?.offset(at: 0) == -18_000)
    #expect(TimeZone.named("Europe/Amsterdam")?.offset(at: -2_000_000_000) == 1_172)
    #expect(TimeZone.named("Asia/Kolkata")?.hasWholeHours == false)
    #expect(TimeZone.named("America/New_York")?.hasWholeHours == true)
    #expect(TimeZone.named("Africa/Monrovia")?.hasWholeMinutes == false)
    // The greatest common divisors of what Python's zoneinfo has since 1970.
    for (name, seconds) in [
      ("UTC", 86_400), ("America/New_York", 3_600), ("Asia/Kathmandu", 900),
      ("Africa/Monrovia", 30),
      ("America/St_Johns", 60), ("Asia/Kolkata", 1_800), ("Australia/Lord_Howe", 1_800),
      ("Europe/London", 3_600), ("Pacific/Apia", 3_600),
    ] as [(String, Int64)] {
      #expect(TimeZone.named(name)?.evenSeconds == seconds, "\(name)")
    }
  }
}
