/// Facts about the query, the server and its tables.
import TickColumns

extension FunctionTable {
  static let queryFacts: [ScalarFunction] = [
    ScalarFunction(
      "uptime", .server, arguments: "", result: "UInt32",
      summary: "Seconds since the database was opened.", arity: 0...0
    ) { call in .constant(.uint(UInt64(call.builder.context.uptimeSeconds)), .uint32) },
    ScalarFunction(
      "displayName", .server, arguments: "", result: "String",
      summary: "The name of the server, as hostName.", arity: 0...0,
      aliases: ["fqdn", "FQDN", "fullHostName"]
    ) { call in .constant(.text(call.builder.context.hostName), .string) },
    ScalarFunction(
      "queryID", .server, arguments: "", result: "String",
      summary: "The id of the statement, as the client or the server gave it.", arity: 0...0,
      aliases: ["query_id"], aliasesAnyCase: true
    ) { call in .constant(.text(call.builder.context.queryID), .string) },
    ScalarFunction(
      "initialQueryID", .server, arguments: "", result: "String",
      summary: "As queryID: a statement runs on one server.", arity: 0...0,
      aliases: ["initial_query_id"], aliasesAnyCase: true
    ) { call in .constant(.text(call.builder.context.queryID), .string) },
    ScalarFunction(
      "connectionId", .server, arguments: "", result: "UInt64",
      summary: "0: connections over HTTP have no number.", arity: 0...0, aliases: ["connection_id"],
      anyCase: true
    ) { _ in .constant(.uint(0), .uint64) },
    ScalarFunction(
      "getSetting", .server, arguments: "'name'", result: "type of the setting",
      summary: "The value that a setting has for this statement.", arity: 1...1
    ) { (call) throws(SQLError) in
      let name = try settingName(call)
      guard let setting = call.builder.context.setting(name) else {
        throw SQLError(
          .unknownSetting, "Unknown setting '\(name)'",
          at: call.arguments[0].position ?? call.position)
      }
      return .constant(setting.value, setting.type)
    },
    ScalarFunction(
      "getSettingOrDefault", .server, arguments: "'name', default",
      result: "type of the setting or of default",
      summary:
        "The value that a setting has for this statement, or a default where there is no such setting.",
      arity: 2...2
    ) { (call) throws(SQLError) in
      guard let fallback = call.constant(1) else { throw call.illegal(1, "a constant") }
      guard let setting = call.builder.context.setting(try settingName(call)) else {
        return .constant(fallback, call.arguments[1].type)
      }
      return .constant(setting.value, setting.type)
    },
    ScalarFunction(
      "ignore", .server, arguments: "...", result: "UInt8",
      summary: "0, whatever the arguments are.", arity: 0...Int.max, traits: [.ownNulls, .ownCodes]
    ) { _ in .constant(.uint(0), .uint8) },
    ScalarFunction(
      "isConstant", .server, arguments: "x", result: "UInt8",
      summary: "1 where x is the same for all rows by how it is written.", arity: 1...1,
      traits: [.ownNulls, .ownCodes]
    ) { call in .constant(.uint(call.constant(0) == nil ? 0 : 1), .uint8) },
    ScalarFunction(
      "defaultValueOfArgumentType", .server, arguments: "x", result: "type of x",
      summary: "The zero value of the type of x.", arity: 1...1, traits: [.ownNulls, .ownCodes]
    ) { call in .constant(.defaultValue(of: call.types[0]), call.types[0]) },
    ScalarFunction(
      "defaultValueOfTypeName", .server, arguments: "'Type'", result: "Type",
      summary: "The zero value of a type.", arity: 1...1
    ) { (call) throws(SQLError) in
      guard case .bytes(let name)? = call.constant(0), call.types[0] == .string else {
        throw SQLError(
          .illegalColumn,
          "The argument of function defaultValueOfTypeName must be a constant string",
          at: call.arguments[0].position ?? call.position)
      }
      do throws(TypeNameError) {
        let type = try DataType.parse(String(decoding: name, as: UTF8.self))
        return .constant(.defaultValue(of: type), type)
      } catch {
        throw SQLError(error.code, error.message, at: call.arguments[0].position ?? call.position)
      }
    },
    ScalarFunction(
      "hasColumnInTable", .server, arguments: "'database', 'table', 'column'", result: "UInt8",
      summary: "1 where the table has such a column.", arity: 3...3
    ) { (call) throws(SQLError) in
      var names: [String] = []
      for i in 0..<3 {
        guard case .bytes(let name)? = call.constant(i), call.types[i] == .string else {
          throw call.illegal(i, "a constant string")
        }
        names.append(String(decoding: name, as: UTF8.self))
      }
      let context = call.builder.context
      let database = names[0].isEmpty ? context.currentDatabase : names[0]
      guard let table = context.catalog.table(database: database, name: names[1]) else {
        throw SQLError(
          .unknownTable, "Table \(database).\(names[1]) does not exist", at: call.position)
      }
      let has =
        table.schema.position(of: names[2]) != nil
        || table.aliases.contains { $0.name == names[2] }
      return .constant(.uint(has ? 1 : 0), .uint8)
    },
  ]

  private static func settingName(_ call: FunctionBinding) throws(SQLError) -> String {
    guard case .bytes(let name)? = call.constant(0), call.types[0] == .string else {
      throw call.illegal(0, "a constant string")
    }
    return String(decoding: name, as: UTF8.self)
  }
}
