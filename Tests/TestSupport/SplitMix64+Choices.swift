extension SplitMix64 {
  /// A number from 0 to below the bound.
  public mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  /// True once in `n` times on average.
  public mutating func oneIn(_ n: Int) -> Bool { below(n) == 0 }
}
