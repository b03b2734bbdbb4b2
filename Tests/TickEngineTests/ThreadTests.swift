import Glibc
import Synchronization
import Testing
import TickSQL
import TickStorage

@testable import TickEngine

@Suite struct ThreadTests {
  @Test("every turn runs once, at any width", arguments: [1, 2, 5])
  func turns(width: Int) throws {
    let workers = QueryWorkers(width: width)
    for count in [0, 1, 2, 7, 500] {
      let ran = Mutex([Int: Int]())
      try workers.run(count: count) { turn in ran.withLock { $0[turn, default: 0] += 1 } }
      #expect(ran.withLock { $0 } == Dictionary(uniqueKeysWithValues: (0..<count).map { ($0, 1) }))
    }
    workers.close()
  }

  @Test("loops inside turns finish although all threads are busy")
  func nested() throws {
    let workers = QueryWorkers(width: 2)
    let total = Atomic(0)
    try workers.run(count: 8) { _ throws(SQLError) in
      try workers.run(count: 8) { _ throws(SQLError) in
        try workers.run(count: 3) { _ in total.add(1, ordering: .relaxed) }
      }
    }
    #expect(total.load(ordering: .relaxed) == 192)
    workers.close()
  }

  @Test("the first error ends the loop and is thrown after the turns under way")
  func failure() {
    let workers = QueryWorkers(width: 3)
    let running = Atomic(0)
    let started = Atomic(0)
    let error = #expect(throws: SQLError.self) {
      try workers.run(count: 100_000) { (turn) throws(SQLError) in
        running.add(1, ordering: .sequentiallyConsistent)
        started.add(1, ordering: .relaxed)
        defer { running.subtract(1, ordering: .sequentiallyConsistent) }
        if turn == 10 { throw SQLError(.badArguments, "turn ten") }
      }
    }
    #expect(error?.message == "turn ten")
    #expect(running.load(ordering: .sequentiallyConsistent) == 0)
    #expect(started.load(ordering: .relaxed) < 100_000)
    workers.close()
  }

  @Test("many callers share the pool")
  func callers() {
    let workers = QueryWorkers(width: 3)
    let total = Atomic(0)
    let threads = (0..<6).map { _ in
      SystemThread(name: "test") {
        for _ in 0..<50 {
          do throws(SQLError) {
            try workers.run(count: 20) { _ in total.add(1, ordering: .relaxed) }
          } catch {
            Issue.record("\(error)")
          }
        }
      }
    }
    for thread in threads { thread.join() }
    #expect(total.load(ordering: .relaxed) == 6 * 50 * 20)
    workers.close()
  }

  @Test("requests beyond the queue are refused, accepted ones run before close returns")
  func requests() throws {
    let requests = RequestThreads(threadCount: 2, queueMax: 4, asideMax: 0)
    let gate = Monitor(false)
    let ran = Atomic(0)
    let busy = Atomic(0)
    for _ in 0..<2 {
      try requests.submit {
        busy.add(1, ordering: .sequentiallyConsistent)
        gate.wait { $0 ? () : nil }
        ran.add(1, ordering: .relaxed)
      }
    }
    while busy.load(ordering: .sequentiallyConsistent) < 2 {}
    for _ in 0..<4 { try requests.submit { ran.add(1, ordering: .relaxed) } }
    let error = #expect(throws: EngineError.self) { try requests.submit {} }
    #expect(error?.code.rawValue == 202)
    gate.withLock { $0 = true }
    requests.close()
    #expect(ran.load(ordering: .relaxed) == 6)
    #expect(throws: EngineError.self) { try requests.submit {} }
  }

  @Test("whoever stands aside leaves its place to another, up to a number")
  func standingAside() throws {
    let requests = RequestThreads(threadCount: 1, queueMax: 10, asideMax: 2)
    let gate = Monitor(false)
    let log = Monitor<[String]>([])
    for name in ["a", "b", "c"] {
      try requests.submit {
        let stood = requests.standAside {
          log.withLock { $0.append("\(name) waits") }
          gate.wait { $0 ? () : nil }
        }
        log.withLock { $0.append(stood ? "\(name) goes on" : "\(name) may not") }
      }
    }
    try requests.submit { log.withLock { $0.append("d runs") } }
    log.wait { $0.count == 4 ? () : nil }
    // Who has left its place may be slower to say so than who takes it.
    #expect(Set(log.withLock { $0 }) == ["a waits", "b waits", "c may not", "d runs"])
    gate.withLock { $0 = true }
    requests.close()
    #expect(Set(log.withLock { $0 }.suffix(2)) == ["a goes on", "b goes on"])
  }

  @Test("never more run than there are threads, however often they stand aside")
  func standingAsideOften() throws {
    let requests = RequestThreads(threadCount: 3, queueMax: 1_000, asideMax: 5)
    let running = Atomic(0)
    let most = Atomic(0)
    let done = Monitor(0)
    for number in 0..<400 {
      try requests.submit {
        most.max(running.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
        running.subtract(1, ordering: .relaxed)
        _ = requests.standAside { if number % 7 == 0 { usleep(500) } }
        done.withLock { $0 += 1 }
      }
    }
    done.wait { $0 == 400 ? () : nil }
    #expect(most.load(ordering: .relaxed) <= 3)
    // Submitted one by one afterwards: the threads that were too many are gone, the others are there.
    for number in 1...20 {
      try requests.submit { done.withLock { $0 += 1 } }
      done.wait { $0 == 400 + number ? () : nil }
    }
    requests.close()
  }
}
