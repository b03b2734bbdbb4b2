import Glibc

/// How many seeded worlds a test runs: few in the usual run, all with TICKBASE_LONG=1, and as many as it says with
/// a larger number.
public func worldCount(debug: Int, long: Int) -> Int {
  guard let value = getenv("TICKBASE_LONG"), let asked = Int(String(cString: value)), asked > 0
  else { return debug }
  return asked == 1 ? long : asked
}

/// Names that an environment variable lists, apart by commas; nil where it is not set.
public func namesAsked(by variable: String) -> [String]? {
  guard let value = getenv(variable) else { return nil }
  return String(cString: value).split(separator: ",").map(String.init)
}
