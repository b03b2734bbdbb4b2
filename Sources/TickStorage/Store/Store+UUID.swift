/// The directory's identity as a UUID, for those who tell servers apart by one.

extension Store {
  /// A UUID of version 8 (RFC 9562): the 64 bits that were drawn when the directory was created, and what they are mixed to.
  /// A copy that a backup is restored to has an identity, and so a UUID, of its own.
  public var uuid: UInt128 {
    // The finalizer of SplitMix64: every bit of the identity moves every bit.
    var mixed = core.identity
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    mixed ^= mixed >> 31
    let drawn = UInt128(core.identity) << 64 | UInt128(mixed)
    let version: UInt128 = 8 << 76
    let variant: UInt128 = 2 << 62
    return drawn & ~(15 << 76 | 3 << 62) | version | variant
  }
}
