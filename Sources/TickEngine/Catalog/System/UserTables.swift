/// `system.users`: who may ask. Users are part of a server's configuration, so whoever opens the database says who they are.
import TickColumns
import TickSQL

/// What others may see of a user.
public struct KnownUser: Sendable, Hashable {
  public var name: String
  public var hasPassword: Bool
  /// The database that its unqualified names belong to.
  public var database: String

  public init(name: String, hasPassword: Bool, database: String) {
    self.name = name
    self.hasPassword = hasPassword
    self.database = database
  }
}

extension SystemTable {
  // ClickHouse's numbers.
  private static let noPassword: Int64 = 0
  private static let sha256Password: Int64 = 2

  /// Every user may come from anywhere: what the server listens on is no matter of users.
  static func users(of database: Database) -> ComputedTable {
    make("users") {
      database.options.users.sorted { $0.name < $1.name }.map { user in
        [
          "name": .text(user.name), "storage": .text("users_xml"),
          "auth_type": .array([.int(user.hasPassword ? sha256Password : noPassword)]),
          "auth_params": .array([.text("{}")]), "valid_until": .array([.int(0)]),
          "host_ip": .array([.text("::/0")]), "default_roles_all": .uint(1),
          "grantees_any": .uint(1), "default_database": .text(user.database),
        ]
      }
    }
  }
}
