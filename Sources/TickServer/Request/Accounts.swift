/// Who may ask, and what holds for whom.
///
/// Invariants:
/// 1. A password is compared in a time that does not depend on where it differs, also where there is no such user.
/// 2. While any account has an empty password the server listens on loopback addresses only.
import TickColumns
public import TickEngine
import TickFormats

/// One user.
public struct Account: Sendable {
  /// SHA-256 of the password.
  public struct PasswordHash: Hashable, Sendable {
    let bytes: [UInt8]

    /// Of a password in clear.
    public init(of password: String) {
      self.init(of: Array(password.utf8))
    }

    init(of password: [UInt8]) {
      guard let digest = MessageDigest.sha256.digest(of: password[...]) else {
        preconditionFailure("no OpenSSL is without SHA-256")
      }
      bytes = digest
    }

    /// Of 64 hexadecimal digits; nil when it is not that.
    public init?(hexadecimal text: String) {
      var bytes: [UInt8] = []
      var high: UInt8?
      for character in text {
        guard character.isASCII, let digit = character.hexDigitValue else { return nil }
        if let first = high {
          bytes.append(first << 4 | UInt8(digit))
          high = nil
        } else {
          high = UInt8(digit)
        }
      }
      guard high == nil, bytes.count == 32 else { return nil }
      self.bytes = bytes
    }

    public static let ofEmpty = PasswordHash(of: "")
  }

  public var name: String
  public var password: PasswordHash
  /// The database that its unqualified names belong to.
  public var database: String
  /// Settings that its statements begin with.
  public var settings: [SettingChange]

  public init(
    name: String, password: PasswordHash = .ofEmpty, database: String = "default",
    settings: [SettingChange] = []
  ) {
    self.name = name
    self.password = password
    self.database = database
    self.settings = settings
  }

  var hasEmptyPassword: Bool { password == .ofEmpty }

  /// True where nothing may be changed.
  var isReadOnly: Bool {
    settings.last { $0.name == "readonly" }.map { $0.value != "0" } ?? false
  }
}

/// All users of a server.
public struct Accounts: Sendable {
  private let byName: [String: Account]

  /// The last of two with one name counts.
  public init(_ accounts: [Account]) {
    byName = Dictionary(accounts.map { ($0.name, $0) }) { $1 }
  }

  /// `default` without a password, as ClickHouse comes.
  public static let one = Accounts([Account(name: "default")])

  /// Whether somebody gets in who knows nothing.
  var hasEmptyPassword: Bool { byName.values.contains { $0.hasEmptyPassword } }

  subscript(name: String) -> Account? { byName[name] }

  /// What others may see of them.
  public var known: [KnownUser] {
    byName.values.map {
      KnownUser(name: $0.name, hasPassword: !$0.hasEmptyPassword, database: $0.database)
    }
  }

  /// The account that these credentials open. Throws 516, or 194 where none were sent and some are needed.
  func authenticate(_ credentials: Credentials) throws(EngineError) -> Account {
    let account = byName[credentials.user]
    let hash = Account.PasswordHash(of: Array(credentials.password.utf8))
    let isRight = MessageDigest.isEqual(hash.bytes, account?.password.bytes ?? hash.bytes)
    if isRight, let account { return account }
    if account != nil, credentials.areAbsent {
      throw EngineError(
        .requiredPassword,
        "default: Authentication failed: password is required; send it with Basic authentication, X-ClickHouse-Key or the parameter password"
      )
    }
    throw EngineError(
      .authenticationFailed,
      "\(Framing.safe(credentials.user)): Authentication failed: password is incorrect, or there is no user with such name."
    )
  }
}
