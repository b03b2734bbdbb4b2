/// Proof against kill -9: a database in another process is killed while it inserts, imports, flushes, truncates,
/// drops, creates and swaps the same names, changes their columns, merges, deletes and updates, and after each restart it holds what was answered, in that order.
///
/// The loop is tested as well: three mistakes are planted outside the product's code, one at a time, and must be
/// found. A missing `fdatasync` is not among them: after a kill the kernel still writes what it was given, so no
/// loop of kills can see it. The power cuts of TickStorageTests do.
import TestSupport
import Testing

@Suite("kill -9", .serialized)
struct CrashTests {
  /// Fewer in the usual run; `TICKBASE_LONG=1` for all.
  private static let cycles = worldCount(debug: 18, long: 200)

  private func show(_ name: String, _ seed: UInt64, _ figures: CrashWorld.Figures) {
    let answers = figures.answers.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    print(
      "\(name): seed \(seed), cycles: \(figures.cycles), kills: \(figures.kills), while opening: "
        + "\(figures.killsWhileOpening), answered: \(answers.joined(separator: ", ")), under way: "
        + "\(figures.underWay), found again: \(figures.underWayFound), torn: \(figures.torn)")
  }

  @Test(
    "what was answered before the kill is there, in its order, and nothing else",
    arguments: [false, true])
  func answeredStays(tears: Bool) throws {
    let scratch = Scratch()
    let seed = UInt64.random(in: 0..<(1 << 32))
    var world = CrashWorld(seed: seed, directory: scratch.path, tears: tears)
    do {
      try world.run(cycles: Self.cycles)
    } catch {
      Issue.record("seed \(seed), cycle \(world.figures.cycles): \(error)")
    }
    show(tears ? "crash cycles with torn tails" : "crash cycles", seed, world.figures)
    #expect(world.figures.kills == Self.cycles)
    #expect(world.figures.answers.values.reduce(0, +) > Self.cycles)
    if Self.cycles >= 200 { #expect(world.figures.answers.count == 11) }
    if tears { #expect(world.figures.torn > Self.cycles / 20) }
  }

  /// Runs with a mistake, each until something does not hold. Found is a wrong state: rows that are there and should
  /// not be, or the other way round. A directory that refuses to open is told apart, since nobody is misled by it.
  private func wrongStates(_ fault: CrashWorld.Fault, tears: Bool = false) -> Int {
    let isLong = worldCount(debug: 0, long: 1) > 0
    var (runs, cycles, wrong, refused) = (0, 0, 0, 0)
    var example = ""
    // The usual run ends with the first one; a third of the runs at least finds one.
    while runs < (isLong ? 20 : 60), isLong || wrong == 0 {
      let scratch = Scratch()
      let seed = UInt64.random(in: 0..<(1 << 32))
      var world = CrashWorld(seed: seed, directory: scratch.path, fault: fault, tears: tears)
      do {
        try world.run(cycles: 40)
      } catch CrashFailure.wrongState(let sentence) {
        wrong += 1
        example = "seed \(seed): \(sentence)"
      } catch CrashFailure.refused(let sentence) {
        refused += 1
        if example.isEmpty { example = "seed \(seed): \(sentence)" }
      } catch {
        Issue.record("seed \(seed): \(error)")
      }
      runs += 1
      cycles += world.figures.cycles
    }
    print(
      "crash runs with \(fault): \(runs) in \(cycles) cycles, wrong states: \(wrong), refused to open: "
        + "\(refused), for example \(example)")
    return wrong
  }

  @Test("planted: an answer before the record is written is found")
  func earlyAnswer() { #expect(wrongStates(.earlyAnswer) > 0) }

  @Test("planted: a replay that does not skip what was flushed is found")
  func replaysFlushed() { #expect(wrongStates(.replaysFlushed) > 0) }

  @Test("planted: a torn tail that is accepted without its checksum is found")
  func noChecksums() { #expect(wrongStates(.noChecksums, tears: true) > 0) }
}
