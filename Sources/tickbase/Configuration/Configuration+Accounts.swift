/// The users section as accounts.
import TickColumns
import TickEngine
import TickServer

extension Configuration {
  static let passwordBytesMax = 4096

  /// `default` without a password where no user is named; otherwise exactly those that are.
  func accounts() throws(Failure) -> Accounts {
    let names = Set(
      entries.keys.compactMap { name -> String? in
        let parts = name.split(separator: ".")
        return parts[0] == "users" ? String(parts[1]) : nil
      })
    guard !names.isEmpty else { return .one }
    return Accounts(try names.sorted().map { (name) throws(Failure) in try account(name) })
  }

  private func account(_ name: String) throws(Failure) -> Account {
    let prefix = "users.\(name)."
    let given = ["password", "password_file", "password_sha256"].filter {
      entries[prefix + $0] != nil
    }
    guard given.count <= 1 else {
      throw Failure(
        .usage,
        "\(self[prefix + given[1]].origin.text): \(prefix)\(given[0]) and \(prefix)\(given[1]) are both set; choose one"
      )
    }
    var account = Account(name: name, database: self[prefix + "database"].value)
    switch given.first {
    case "password": account.password = .init(of: self[prefix + "password"].value)
    case "password_sha256":
      guard let hash = Account.PasswordHash(hexadecimal: self[prefix + "password_sha256"].value)
      else { preconditionFailure("checked when it was set") }
      account.password = hash
    case "password_file":
      var bytes = try Self.bytes(
        of: self[prefix + "password_file"].value, most: Self.passwordBytesMax)
      while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
      account.password = .init(of: String(decoding: bytes, as: UTF8.self))
    default: break
    }
    let settings = entries.filter { $0.key.hasPrefix(prefix + "settings.") }
      .sorted { $0.key < $1.key }
    for (key, entry) in settings {
      let change = SettingChange(
        String(key.dropFirst((prefix + "settings.").count)), entry.value)
      do throws(EngineError) {
        try Database.check([change])
      } catch {
        throw Failure(.usage, "\(entry.origin.text): \(error.message)")
      }
      account.settings.append(change)
    }
    return account
  }
}
