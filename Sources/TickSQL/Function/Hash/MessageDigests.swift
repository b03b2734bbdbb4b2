/// MD5, SHA-1 and SHA-2: digests that other systems know, as fixed strings.
import TickColumns

extension FunctionTable {
  static let digests: [ScalarFunction] = [
    digest("MD5", 16, MessageDigest.md5), digest("SHA1", 20, MessageDigest.sha1),
    digest("SHA224", 28) { MessageDigest.sha256($0, SHA2.initial224, length: 28) },
    digest("SHA256", 32) { MessageDigest.sha256($0, SHA2.initial256, length: 32) },
    digest("SHA384", 48) { MessageDigest.sha512($0, SHA2.initial384, length: 48) },
    digest("SHA512", 64) { MessageDigest.sha512($0, SHA2.initial512, length: 64) },
  ]

  private static func digest(
    _ name: String, _ width: Int, _ digest: @escaping @Sendable (ArraySlice<UInt8>) -> [UInt8]
  ) -> ScalarFunction {
    ScalarFunction(
      name, .hash, arguments: "s", result: "FixedString(\(width))",
      summary: "The \(name) digest of a string.", arity: 1...1
    ) { (call) throws(SQLError) in
      guard call.types[0] == .string || call.types[0].isFixedString else {
        throw call.illegal(0, "String")
      }
      return .kernel(.fixedString(width)) { input in
        let strings = input.operands[0].strings
        var out = StringValues()
        out.reserve(count: input.rows, bytes: input.rows * width)
        for row in 0..<input.rows { out.append(digest(strings[row])) }
        return .column(Column(.fixedString(width), .string(out)))
      }
    }
  }
}

enum MessageDigest {
  /// The text with 0x80, zeros and its length in bits, up to a multiple of the block.
  private static func padded(
    _ text: ArraySlice<UInt8>, block: Int, lengthBytes: Int, isBigEndian: Bool
  ) -> [UInt8] {
    var bytes = Array(text)
    bytes.append(0x80)
    while bytes.count % block != block - lengthBytes { bytes.append(0) }
    var length = UInt64(text.count &* 8).littleEndianBytes
    length += [UInt8](repeating: 0, count: lengthBytes - 8)
    bytes += isBigEndian ? length.reversed() : length
    return bytes
  }

  private static func bigEndian32(_ bytes: [UInt8], _ at: Int) -> UInt32 {
    load32(bytes[...], at).byteSwapped
  }

  private static func bigEndianBytes<T: FixedWidthInteger>(_ words: [T]) -> [UInt8] {
    words.flatMap { $0.littleEndianBytes.reversed() }
  }

  // MARK: MD5

  private static let shifts: [UInt32] = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]

  private static let sines: [UInt32] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613,
    0xfd46_9501, 0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193,
    0xa679_438e, 0x49b4_0821, 0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d,
    0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8, 0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed,
    0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a, 0xfffa_3942, 0x8771_f681, 0x6d9d_6122,
    0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70, 0x289b_7ec6, 0xeaa1_27fa,
    0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665, 0xf429_2244,
    0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
    0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb,
    0xeb86_d391,
  ]

  static func md5(_ text: ArraySlice<UInt8>) -> [UInt8] {
    let bytes = padded(text, block: 64, lengthBytes: 8, isBigEndian: false)
    var state: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476]
    for start in stride(from: 0, to: bytes.count, by: 64) {
      let words = (0..<16).map { load32(bytes[...], start + 4 * $0) }
      var (a, b, c, d) = (state[0], state[1], state[2], state[3])
      for i in 0..<64 {
        let (mix, place): (UInt32, Int)
        switch i / 16 {
        case 0: (mix, place) = (b & c | ~b & d, i)
        case 1: (mix, place) = (d & b | ~d & c, (5 * i + 1) % 16)
        case 2: (mix, place) = (b ^ c ^ d, (3 * i + 5) % 16)
        default: (mix, place) = (c ^ (b | ~d), 7 * i % 16)
        }
        let sum = a &+ mix &+ sines[i] &+ words[place]
        (a, d, c) = (d, c, b)
        b = b &+ sum.rotated(left: shifts[i / 16 * 4 + i % 4])
      }
      state = [state[0] &+ a, state[1] &+ b, state[2] &+ c, state[3] &+ d]
    }
    return state.flatMap(\.littleEndianBytes)
  }

  // MARK: SHA-1

  static func sha1(_ text: ArraySlice<UInt8>) -> [UInt8] {
    let bytes = padded(text, block: 64, lengthBytes: 8, isBigEndian: true)
    var state: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
    for start in stride(from: 0, to: bytes.count, by: 64) {
      var words = (0..<16).map { bigEndian32(bytes, start + 4 * $0) }
      for i in 16..<80 {
        words.append((words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16]).rotated(left: 1))
      }
      var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
      for i in 0..<80 {
        let (mix, key): (UInt32, UInt32)
        switch i / 20 {
        case 0: (mix, key) = (b & c | ~b & d, 0x5a82_7999)
        case 1: (mix, key) = (b ^ c ^ d, 0x6ed9_eba1)
        case 2: (mix, key) = (b & c | b & d | c & d, 0x8f1b_bcdc)
        default: (mix, key) = (b ^ c ^ d, 0xca62_c1d6)
        }
        let next = a.rotated(left: 5) &+ mix &+ e &+ key &+ words[i]
        (e, d, c, b, a) = (d, c, b.rotated(left: 30), a, next)
      }
      state = [
        state[0] &+ a, state[1] &+ b, state[2] &+ c, state[3] &+ d, state[4] &+ e,
      ]
    }
    return bigEndianBytes(state)
  }

  // MARK: SHA-2

  static func sha256(
    _ text: ArraySlice<UInt8>, _ initial: [UInt32], length: Int
  ) -> [UInt8] {
    let bytes = padded(text, block: 64, lengthBytes: 8, isBigEndian: true)
    var state = initial
    for start in stride(from: 0, to: bytes.count, by: 64) {
      let words = (0..<16).map { bigEndian32(bytes, start + 4 * $0) }
      SHA2.compress(
        &state, words, SHA2.keys256, [2, 13, 22], [6, 11, 25], [7, 18, 3], [17, 19, 10])
    }
    return Array(bigEndianBytes(state).prefix(length))
  }

  static func sha512(
    _ text: ArraySlice<UInt8>, _ initial: [UInt64], length: Int
  ) -> [UInt8] {
    let bytes = padded(text, block: 128, lengthBytes: 16, isBigEndian: true)
    var state = initial
    for start in stride(from: 0, to: bytes.count, by: 128) {
      let words = (0..<16).map { load64(bytes[...], start + 8 * $0).byteSwapped }
      SHA2.compress(
        &state, words, SHA2.keys512, [28, 34, 39], [14, 18, 41], [1, 8, 7], [19, 61, 6])
    }
    return Array(bigEndianBytes(state).prefix(length))
  }
}
