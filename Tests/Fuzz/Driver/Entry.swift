/// The fuzzer's program: libFuzzer with a target that `TICKBASE_FUZZ_TARGET` names, or, where `TICKBASE_FUZZ_SEEDS`
/// names a directory, the seeds of all targets into it. With `TICKBASE_FUZZ_PLANT` every target has a fault (`PlantedFault`).
import Glibc

private func environment(_ name: String) -> String? {
  getenv(name).map { String(cString: $0) }
}

private let target: FuzzTarget = {
  let name = environment("TICKBASE_FUZZ_TARGET") ?? ""
  guard let target = FuzzTarget(rawValue: name) else {
    fatalError("TICKBASE_FUZZ_TARGET must be one of \(FuzzTarget.allCases.map(\.rawValue))")
  }
  return target
}()

private let isPlanted = environment("TICKBASE_FUZZ_PLANT") != nil

private typealias OneInput = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
private typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

/// libFuzzer's own `main`, as a function.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<Arguments>,
  _ callback: OneInput
) -> CInt

/// The package manager gives the `main` of an executable this name, that of its target.
@_cdecl("Fuzz_main")
public func fuzzMain(
  _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
  if let directory = environment("TICKBASE_FUZZ_SEEDS") {
    do {
      try writeSeeds(to: directory)
      return 0
    } catch {
      fatalError("seeds: \(error)")
    }
  }
  var (count, arguments) = (count, arguments)
  return runDriver(&count, &arguments) { start, length in
    let input = Array(UnsafeBufferPointer(start: start, count: length))
    if isPlanted { readWithPlantedFault(input) }
    target.run(input)
    return 0
  }
}
