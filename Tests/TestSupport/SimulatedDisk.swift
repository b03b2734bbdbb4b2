/// A disk that lies as little as a real one and as much: what was not synced may be there after a power
/// cut, or not, or in part, in any order.
///
/// Per file there is what processes see (`cache`), what a power cut cannot take (`durable`) and the writes in
/// between. A sync makes the writes durable, or fails, drops them and goes on showing them (Linux marks the
/// pages clean). Per directory there are the durable names and the operations since. A power cut keeps any
/// subset of a file's writes, each whole, cut short, or with a hole that shows what was there before (zeros in
/// a new part of the file), and a prefix of a directory's operations.
///
/// Reads may show bits flipped, by a map of places: the bytes below stay as they are, so a flip can be lifted again.
///
/// Everything is decided by the seed. A handle of an earlier `mount` is dead: its process is gone.
import Synchronization
import TickStorage

public final class SimulatedDisk: Sendable {
  private let state: Mutex<DiskState>

  public init(seed: UInt64) { state = Mutex(DiskState(random: SplitMix64(seed: seed))) }

  /// How often operations fail from now on; all zero is a perfect disk.
  public struct Faults: Sendable {
    /// One sync in so many fails with EIO and drops the dirty writes; 0 is never.
    public var syncErrorOneIn = 0
    /// One write in so many takes only a part.
    public var shortWriteOneIn = 0
    /// One write in so many takes a part and the next one fails with ENOSPC.
    public var writeErrorOneIn = 0
    /// One new file in so many fails with ENOSPC.
    public var createErrorOneIn = 0
    /// Only files whose path begins so fail; nil for all.
    public var onlyIn: String?
    /// The power goes after so many operations that change the disk.
    public var powerFailsAfter: Int?

    public init() {}
  }

  public func setFaults(_ faults: Faults) { state.withLock { $0.faults = faults } }

  /// What happened so far, for reports of tests.
  public var injectedErrors: Int { state.withLock { $0.injectedErrors } }
  /// How many of them were syncs, of files or directories.
  public var failedSyncs: Int { state.withLock { $0.failedSyncs } }
  public var hasPower: Bool { state.withLock { $0.hasPower } }

  /// A new process opens the disk. Handles of earlier mounts are dead from now on.
  public func mount() -> any FileSystem {
    state.withLock {
      $0.generation += 1
      return SimulatedFileSystem(disk: self, generation: $0.generation)
    }
  }

  /// Takes the power away and brings it back: caches are what survived.
  public func powerCut() { state.withLock { $0.powerCut() } }

  /// The bytes of every file that processes see, by path.
  public var contents: [String: [UInt8]] { state.withLock { $0.contents } }

  /// Whoever reads these places from now on sees the bits of the mask turned; an empty map lifts all flips.
  public func setReadFlips(_ flips: [String: [Int: UInt8]]) { state.withLock { $0.flips = flips } }

  /// Another disk with what processes see of this one, all of it durable: to try things on.
  public func fork(seed: UInt64) -> SimulatedDisk {
    let fork = SimulatedDisk(seed: seed)
    let (files, directories) = state.withLock { ($0.files, $0.directories) }
    fork.state.withLock { state in
      state.files = files.mapValues { DiskFile(cache: $0.cache, durable: $0.cache) }
      state.directories = directories.mapValues {
        DiskDirectory(names: $0.names, durable: $0.names)
      }
      state.nextNumber = (files.keys.max() ?? 0) + 1
    }
    return fork
  }

  /// Changes bytes behind everybody's back, in the cache and on the medium.
  public func damage(_ path: String, _ body: @Sendable (inout [UInt8]) -> Void) {
    state.withLock {
      guard let number = $0.number(of: path), var file = $0.files[number] else { return }
      body(&file.cache)
      file.durable = file.cache
      file.dirty = []
      $0.files[number] = file
    }
  }

  /// Removes a file behind everybody's back.
  public func lose(_ path: String) {
    state.withLock {
      let (directory, name) = split(path)
      $0.directories[directory]?.names[name] = nil
      $0.directories[directory]?.durable[name] = nil
      $0.directories[directory]?.pending.removeAll { $0.changes.contains { $0.name == name } }
    }
  }

  fileprivate func perform<Result>(
    _ generation: Int, _ operation: String, _ path: String, changes: Bool,
    _ body: (inout DiskState) throws(StorageError) -> Result
  ) throws(StorageError) -> Result {
    try state.withLock { (state) throws(StorageError) in
      guard generation == state.generation, state.hasPower else {
        throw .io(operation: operation, path: path, errno: 5)
      }
      if changes, let left = state.faults.powerFailsAfter {
        if left == 0 {
          state.hasPower = false
          throw .io(operation: operation, path: path, errno: 5)
        }
        state.faults.powerFailsAfter = left - 1
      }
      return try body(&state)
    }
  }
}

private enum DirtyWrite: Sendable {
  case bytes(offset: Int, [UInt8])
  case length(Int)
}

private struct DiskFile: Sendable {
  var cache: [UInt8] = []
  var durable: [UInt8] = []
  var dirty: [DirtyWrite] = []
}

private enum DiskEntry: Sendable {
  case file(Int)
  case directory
}

/// Changes that reach the medium together: one name, or both names of a rename within a directory, which every
/// journaling file system keeps whole. A rename between directories is one operation in each.
private struct DirectoryOperation: Sendable {
  /// Nil removes the name.
  let changes: [(name: String, entry: DiskEntry?)]
}

private struct DiskDirectory: Sendable {
  var names: [String: DiskEntry] = [:]
  var durable: [String: DiskEntry] = [:]
  var pending: [DirectoryOperation] = []

  mutating func set(_ changes: (name: String, entry: DiskEntry?)...) {
    for change in changes { names[change.name] = change.entry }
    pending.append(DirectoryOperation(changes: changes))
  }

  mutating func persist(_ operation: DirectoryOperation) {
    for change in operation.changes { durable[change.name] = change.entry }
  }
}

private struct DiskState: Sendable {
  var random: SplitMix64
  var faults = SimulatedDisk.Faults()
  var files: [Int: DiskFile] = [:]
  var directories: [String: DiskDirectory] = ["": DiskDirectory()]
  var nextNumber = 0
  var generation = 0
  var hasPower = true
  var injectedErrors = 0
  var failedSyncs = 0
  var flips: [String: [Int: UInt8]] = [:]
  var failNextWrite: Set<Int> = []

  func number(of path: String) -> Int? {
    let (directory, name) = split(path)
    guard case .file(let number)? = directories[directory]?.names[name] else { return nil }
    return number
  }

  mutating func inject(oneIn rate: Int, _ path: String) -> Bool {
    guard rate > 0, path.hasPrefix(faults.onlyIn ?? ""), random.oneIn(rate) else { return false }
    injectedErrors += 1
    return true
  }

  var contents: [String: [UInt8]] {
    var out: [String: [UInt8]] = [:]
    for (path, directory) in directories {
      for case (let name, .file(let number)) in directory.names {
        out[path.isEmpty ? name : path + "/" + name] = files[number]?.cache ?? []
      }
    }
    return out
  }

  mutating func powerCut() {
    // In a fixed order, so that the seed decides everything.
    for number in files.keys.sorted() {
      guard var file = files[number] else { continue }
      for write in file.dirty { survive(write, in: &file.durable) }
      file.cache = file.durable
      file.dirty = []
      files[number] = file
    }
    for path in directories.keys.sorted() {
      guard var directory = directories[path] else { continue }
      for operation in directory.pending.prefix(random.below(directory.pending.count + 1)) {
        directory.persist(operation)
      }
      directory.names = directory.durable
      directory.pending = []
      directories[path] = directory
    }
    // A directory whose own name did not survive is gone with what it held.
    for path in directories.keys.sorted() where !path.isEmpty {
      let (parent, name) = split(path)
      if case .directory? = directories[parent]?.names[name] { continue }
      directories[path] = nil
    }
    failNextWrite = []
    faults = SimulatedDisk.Faults()
    hasPower = true
    generation += 1
  }

  private mutating func survive(_ write: DirtyWrite, in image: inout [UInt8]) {
    switch (write, random.below(4)) {
    case (_, 0): return
    case (.length(let length), _): resize(&image, to: length)
    case (.bytes(let offset, let bytes), 1):
      put(bytes[..<random.below(bytes.count + 1)], at: offset, in: &image)
    case (.bytes(let offset, let bytes), 2):
      // A middle part did not reach the medium: what was there before shows, zeros where nothing was.
      let first = random.below(bytes.count + 1)
      let end = first + random.below(bytes.count - first + 1)
      if image.count < offset + bytes.count { resize(&image, to: offset + bytes.count) }
      put(bytes[..<first], at: offset, in: &image)
      put(bytes[end...], at: offset + end, in: &image)
    case (.bytes(let offset, let bytes), _): put(bytes[...], at: offset, in: &image)
    }
  }
}

private func put(_ bytes: ArraySlice<UInt8>, at offset: Int, in image: inout [UInt8]) {
  if image.count < offset + bytes.count { resize(&image, to: offset + bytes.count) }
  image.replaceSubrange(offset..<offset + bytes.count, with: bytes)
}

private func resize(_ image: inout [UInt8], to length: Int) {
  if length < image.count {
    image.removeLast(image.count - length)
  } else {
    // As an array: element by element it is slow without optimisation.
    image += [UInt8](repeating: 0, count: length - image.count)
  }
}

private func split(_ path: String) -> (directory: String, name: String) {
  guard let slash = path.lastIndex(of: "/") else { return ("", path) }
  return (String(path[..<slash]), String(path[path.index(after: slash)...]))
}

private struct SimulatedFileSystem: FileSystem {
  let disk: SimulatedDisk
  let generation: Int

  func create(_ path: String) throws(StorageError) -> any WritableFile {
    let number = try change("create", path) { (state) throws(StorageError) in
      let (directory, name) = split(path)
      guard var parent = state.directories[directory] else {
        throw .io(operation: "create", path: path, errno: 2)
      }
      if state.inject(oneIn: state.faults.createErrorOneIn, path) {
        throw .io(operation: "create", path: path, errno: 28)
      }
      guard parent.names[name] == nil else {
        throw .io(operation: "create", path: path, errno: 17)
      }
      let number = state.nextNumber
      state.nextNumber += 1
      state.files[number] = DiskFile()
      parent.set((name, .file(number)))
      state.directories[directory] = parent
      return number
    }
    return SimulatedWritableFile(disk: disk, generation: generation, path: path, number: number)
  }

  func openForWriting(_ path: String) throws(StorageError) -> any WritableFile {
    let number = try existing("open", path)
    return SimulatedWritableFile(disk: disk, generation: generation, path: path, number: number)
  }

  func openForReading(_ path: String) throws(StorageError) -> any ReadableFile {
    let number = try existing("open", path)
    let length = try disk.perform(generation, "open", path, changes: false) {
      (state) throws(StorageError) in state.files[number]?.cache.count ?? 0
    }
    return SimulatedReadableFile(
      disk: disk, generation: generation, path: path, number: number, length: length)
  }

  private func existing(_ operation: String, _ path: String) throws(StorageError) -> Int {
    try disk.perform(generation, operation, path, changes: false) {
      (state) throws(StorageError) in
      guard let number = state.number(of: path) else {
        throw .io(operation: operation, path: path, errno: 2)
      }
      return number
    }
  }

  func rename(_ from: String, to: String) throws(StorageError) {
    try change("rename", from) { (state) throws(StorageError) in
      let (oldDirectory, oldName) = split(from)
      let (newDirectory, newName) = split(to)
      guard let entry = state.directories[oldDirectory]?.names[oldName],
        state.directories[newDirectory] != nil
      else { throw .io(operation: "rename", path: from, errno: 2) }
      if oldDirectory == newDirectory {
        state.directories[newDirectory]?.set((newName, entry), (oldName, nil))
      } else {
        state.directories[newDirectory]?.set((newName, entry))
        state.directories[oldDirectory]?.set((oldName, nil))
      }
    }
  }

  func remove(_ path: String) throws(StorageError) {
    try change("remove", path) { (state) throws(StorageError) in
      let (directory, name) = split(path)
      switch state.directories[directory]?.names[name] {
      case nil: throw .io(operation: "remove", path: path, errno: 2)
      case .directory?:
        guard state.directories[path]?.names.isEmpty ?? true else {
          throw .io(operation: "remove", path: path, errno: 39)
        }
        state.directories[path] = nil
      case .file?: break
      }
      state.directories[directory]?.set((name, nil))
    }
  }

  func createDirectory(_ path: String) throws(StorageError) {
    try change("mkdir", path) { (state) throws(StorageError) in
      var sofar = ""
      for part in path.split(separator: "/") {
        let parent = sofar
        sofar += sofar.isEmpty ? String(part) : "/" + part
        if state.directories[sofar] != nil { continue }
        state.directories[sofar] = DiskDirectory()
        state.directories[parent]?.set((String(part), .directory))
      }
    }
  }

  func list(_ path: String) throws(StorageError) -> [String] {
    try disk.perform(generation, "list", path, changes: false) { (state) throws(StorageError) in
      state.directories[path]?.names.keys.sorted() ?? []
    }
  }

  func exists(_ path: String) throws(StorageError) -> Bool {
    try disk.perform(generation, "stat", path, changes: false) { (state) throws(StorageError) in
      let (directory, name) = split(path)
      return path.isEmpty || state.directories[directory]?.names[name] != nil
    }
  }

  func syncDirectory(_ path: String) throws(StorageError) {
    try change("fsync directory", path) { (state) throws(StorageError) in
      guard var directory = state.directories[path] else {
        throw .io(operation: "fsync directory", path: path, errno: 2)
      }
      if state.inject(oneIn: state.faults.syncErrorOneIn, path) {
        state.failedSyncs += 1
        // The names stay visible; whether the journal has them is open until the next sync of it.
        throw .io(operation: "fsync directory", path: path, errno: 5)
      }
      for operation in directory.pending { directory.persist(operation) }
      directory.pending = []
      state.directories[path] = directory
    }
  }

  private func change<Result>(
    _ operation: String, _ path: String,
    _ body: (inout DiskState) throws(StorageError) -> Result
  ) throws(StorageError) -> Result {
    try disk.perform(generation, operation, path, changes: true, body)
  }
}

private final class SimulatedWritableFile: WritableFile {
  let disk: SimulatedDisk
  let generation: Int
  let path: String
  let number: Int

  init(disk: SimulatedDisk, generation: Int, path: String, number: Int) {
    self.disk = disk
    self.generation = generation
    self.path = path
    self.number = number
  }

  func write(_ bytes: ArraySlice<UInt8>, at offset: Int) throws(StorageError) -> Int {
    if bytes.isEmpty { return 0 }
    return try change("write") { (state, file) throws(StorageError) in
      if state.failNextWrite.remove(number) != nil {
        throw .io(operation: "write", path: path, errno: 28)
      }
      var taken = bytes
      if bytes.count > 1, state.inject(oneIn: state.faults.writeErrorOneIn, path) {
        taken = bytes.prefix(1 + state.random.below(bytes.count - 1))
        state.failNextWrite.insert(number)
      } else if bytes.count > 1, state.inject(oneIn: state.faults.shortWriteOneIn, path) {
        taken = bytes.prefix(1 + state.random.below(bytes.count - 1))
      }
      put(taken, at: offset, in: &file.cache)
      file.dirty.append(.bytes(offset: offset, Array(taken)))
      return taken.count
    }
  }

  func sync() throws(StorageError) {
    try change("fdatasync") { (state, file) throws(StorageError) in
      if state.inject(oneIn: state.faults.syncErrorOneIn, path) {
        state.failedSyncs += 1
        file.dirty = []
        state.files[number] = file
        throw .io(operation: "fdatasync", path: path, errno: 5)
      }
      for write in file.dirty {
        switch write {
        case .bytes(let offset, let bytes): put(bytes[...], at: offset, in: &file.durable)
        case .length(let length): resize(&file.durable, to: length)
        }
      }
      file.dirty = []
    }
  }

  func truncate(to length: Int) throws(StorageError) {
    try change("truncate") { (_, file) throws(StorageError) in
      resize(&file.cache, to: length)
      file.dirty.append(.length(length))
    }
  }

  func preallocate(to length: Int) throws(StorageError) {
    try change("fallocate") { (_, file) throws(StorageError) in
      guard length > file.cache.count else { return }
      let zeros = [UInt8](repeating: 0, count: length - file.cache.count)
      file.dirty.append(.bytes(offset: file.cache.count, zeros))
      file.cache += zeros
    }
  }

  var length: Int {
    get throws(StorageError) {
      try disk.perform(generation, "stat", path, changes: false) {
        (state) throws(StorageError) in state.files[number]?.cache.count ?? 0
      }
    }
  }

  func close() throws(StorageError) {}

  private func change<Result>(
    _ operation: String,
    _ body: (inout DiskState, inout DiskFile) throws(StorageError) -> Result
  ) throws(StorageError) -> Result {
    try disk.perform(generation, operation, path, changes: true) { (state) throws(StorageError) in
      // Taken out of the dictionary meanwhile, so that its bytes are changed in place.
      guard var file = state.files.removeValue(forKey: number) else {
        throw .io(operation: operation, path: path, errno: 9)
      }
      do throws(StorageError) {
        let result = try body(&state, &file)
        state.files[number] = file
        return result
      } catch {
        state.files[number] = file
        throw error
      }
    }
  }
}

private final class SimulatedReadableFile: ReadableFile {
  let disk: SimulatedDisk
  let generation: Int
  let path: String
  let number: Int
  let length: Int

  init(disk: SimulatedDisk, generation: Int, path: String, number: Int, length: Int) {
    self.disk = disk
    self.generation = generation
    self.path = path
    self.number = number
    self.length = length
  }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (borrowing RawSpan) throws(StorageError) -> Result
  ) throws(StorageError) -> Result {
    let bytes = try disk.perform(generation, "read", path, changes: false) {
      (state) throws(StorageError) -> [UInt8] in
      let cache = state.files[number]?.cache ?? []
      guard range.lowerBound >= 0, range.upperBound <= min(length, cache.count) else {
        throw .corrupt(path: path, offset: range.lowerBound, detail: "outside the file")
      }
      var bytes = Array(cache[range])
      for (place, mask) in state.flips[path] ?? [:] where range.contains(place) {
        bytes[place - range.lowerBound] ^= mask
      }
      return bytes
    }
    return try body(bytes.span.bytes)
  }
}
