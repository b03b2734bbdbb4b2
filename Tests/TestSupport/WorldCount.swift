import Glibc

/// How many seeded worlds a test runs: few in the usual run, all with TICKBASE_LONG=1, and as many as it says with
/// a larger number.
public func worldCount(debug: Int, long: Int) -> Int {
  guard let value = getenv("TICKBASE_LONG"), let asked = Int(String(cString: value)), asked > 0
  else { return debug }
  return asked == 1 ? long : asked
}
