/// MD5, SHA-1 and SHA-2 as OpenSSL works them out: digests of strings in SQL, and what passwords are compared by.
import COpenSSL

public enum MessageDigest: String, Sendable, CaseIterable {
  case md5 = "MD5"
  case sha1 = "SHA1"
  case sha224 = "SHA224"
  case sha256 = "SHA256"
  case sha384 = "SHA384"
  case sha512 = "SHA512"

  public var byteCount: Int {
    switch self {
    case .md5: 16
    case .sha1: 20
    case .sha224: 28
    case .sha256: 32
    case .sha384: 48
    case .sha512: 64
    }
  }

  /// Nil where the library refuses the algorithm, as one under FIPS rules refuses MD5.
  public func digest(of bytes: ArraySlice<UInt8>) -> [UInt8]? {
    let algorithm =
      switch self
      {
      case .md5: unsafe EVP_md5()
      case .sha1: unsafe EVP_sha1()
      case .sha224: unsafe EVP_sha224()
      case .sha256: unsafe EVP_sha256()
      case .sha384: unsafe EVP_sha384()
      case .sha512: unsafe EVP_sha512()
      }
    var isDone = false
    let out = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      let answer = unsafe bytes.withUnsafeBytes { given in
        unsafe EVP_Digest(
          given.baseAddress, given.count, buffer.baseAddress, nil, algorithm, nil)
      }
      isDone = answer == 1
      count = isDone ? byteCount : 0
    }
    return isDone ? out : nil
  }

  /// Whether two secrets are equal, in a time that depends on their length alone.
  public static func isEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    guard one.count == other.count else { return false }
    return unsafe CRYPTO_memcmp(one, other, one.count) == 0
  }
}
