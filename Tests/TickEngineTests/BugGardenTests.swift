/// Worlds of power cuts and faults over the whole engine: the correct one passes them, and with each of the mistakes of
/// `PlantedBug` one of them fails, found by counting seeds from 0 without a hint where.
///
/// The usual run takes few seeds, every other mistake, and prints the first that fails; `TICKBASE_LONG=1` counts further and prints how many fail.
/// `TICKBASE_BUGS=name,name` takes those mistakes alone.
import Glibc
import TestSupport
import Testing

@testable import TickEngine
@testable import TickStorage

@Suite("Power cuts under the engine")
struct BugGardenTests {
  private static func sentence(_ failure: any Error) -> String {
    switch failure {
    case CrashFailure.wrongState(let text): "wrong state: \(text)"
    case CrashFailure.refused(let text): "does not open: \(text)"
    case CrashFailure.broken(let text): text
    default: "\(failure)"
    }
  }

  @Test("what was answered is there, and nothing else, whatever the disk does")
  func correctEngineLosesNothing() {
    let count = worldCount(debug: 50, long: 2_000)
    var figures = PowerWorld.Figures()
    for seed in 0..<UInt64(count) {
      var world = PowerWorld(seed: seed)
      do { try world.run() } catch { Issue.record("seed \(seed): \(Self.sentence(error))") }
      figures.add(world.figures)
    }
    print("power worlds: seeds 0..<\(count), \(figures)")
    #expect(figures.cuts > count)
    #expect(figures.answered > 5 * count)
    #expect(figures.restored > count / 5)
    #expect(figures.flipsNoticed > count / 5)
  }

  #if BUG_GARDEN
  /// The usual run takes every other one, those of even days and those of odd ones; the long run takes all.
  private static let today: [PlantedBug] = {
    if let names = namesAsked(by: "TICKBASE_BUGS") {
      return PlantedBug.allCases.filter { names.contains("\($0)") }
    }
    let all = PlantedBug.allCases.filter { !PlantedBug.needTwo.contains($0) }
    if worldCount(debug: 0, long: 1) > 0 { return all }
    let turn = time(nil) / 86_400 % 2
    print("planted mistakes: every other one from \(turn) on")
    return all.enumerated().filter { $0.offset % 2 == turn }.map(\.element)
  }()

  @Test("a planted mistake is found by counting seeds", arguments: today)
  func plantedBugIsFound(_ bug: PlantedBug) {
    let isLong = worldCount(debug: 0, long: 1) > 0
    let count = worldCount(debug: 300, long: 1_000)
    var failing: [UInt64: String] = [:]
    var seeds = 0
    for seed in 0..<UInt64(count) where isLong ? failing.count < 20 : failing.isEmpty {
      PlantedBug.$current.withValue(bug) {
        var world = PowerWorld(seed: seed)
        do { try world.run() } catch { failing[seed] = Self.sentence(error) }
      }
      seeds += 1
    }
    let first = failing.min { $0.key < $1.key }
    print(
      "planted \(bug): first seed \(first.map { "\($0.key)" } ?? "none"), \(failing.count) of "
        + "\(seeds) worlds fail: \(first?.value.prefix(160) ?? "")")
    #expect(first != nil, "\(bug) is not found in \(count) worlds")
  }
  #endif
}

extension PowerWorld.Figures: CustomStringConvertible {
  mutating func add(_ other: PowerWorld.Figures) {
    cuts += other.cuts
    kills += other.kills
    openings += other.openings
    answered += other.answered
    failed += other.failed
    injected += other.injected
    copies += other.copies
    restored += other.restored
    flips += other.flips
    flipsNoticed += other.flipsNoticed
  }

  var description: String {
    "power cuts: \(cuts), kills: \(kills), openings: \(openings), answered: \(answered), failed: "
      + "\(failed), injected errors: \(injected), copies: \(copies), restored: \(restored), bits "
      + "turned: \(flips), noticed: \(flipsNoticed)"
  }
}
