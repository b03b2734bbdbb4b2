/// `file(path [, format [, structure]])`: files of this machine as a table. Only where the one who opened the database
/// allows it: a server that reads any path for anyone is a hole.
import Glibc
import TickColumns
import TickFormats
import TickSQL

enum FileFunction {
  static let name = "file"

  static func table(
    _ arguments: [Value], isAllowed: Bool, options: InputOptions
  ) throws(SQLError) -> any TableSource {
    guard isAllowed else {
      throw SQLError(
        .notImplemented,
        "Table function file reads files of the machine, which a server does not; it is there in "
          + "`tickbase local`")
    }
    guard (1...3).contains(arguments.count) else {
      throw SQLError(
        .numberOfArgumentsDoesntMatch,
        "Table function file takes a path, and perhaps a format and a structure")
    }
    let texts = try arguments.map { (value) throws(SQLError) -> String in
      guard case .bytes(let bytes) = value else {
        throw SQLError(.illegalTypeOfArgument, "The arguments of table function file are strings")
      }
      return String(decoding: bytes, as: UTF8.self)
    }
    let path = texts[0]
    let named = texts.count > 1 && texts[1] != "auto" ? texts[1] : nil
    return try FileTable(
      try sources(path), format: try format(named, path),
      schema: texts.count > 2 && texts[2] != "auto" ? try schema(texts[2]) : nil,
      options: options)
  }

  /// The files that a path with `*`, `?`, `[...]` and `{a,b}` means, in order.
  private static func sources(_ path: String) throws(SQLError) -> [any RowSource] {
    guard path.contains(where: { "*?[{".contains($0) }) else { return [FileSource(name: path)] }
    var found = unsafe glob_t()
    defer { unsafe globfree(&found) }
    let status = unsafe glob(path, GLOB_BRACE, nil, &found)
    var paths: [String] = []
    if status == 0 {
      for index in 0..<Int(unsafe found.gl_pathc) {
        if let text = unsafe found.gl_pathv[index] { paths.append(unsafe String(cString: text)) }
      }
    }
    guard !paths.isEmpty else {
      throw SQLError(.cannotOpenFile, "no file is called \(path)")
    }
    return paths.map { FileSource(name: $0) }
  }

  /// What the name of a file says when nobody names a format, with the ending of a packing left away.
  static func format(_ named: String?, _ path: String) throws(SQLError) -> InputFormat {
    do throws(FormatError) {
      if let named { return try InputFormat(named: named) }
      var parts = path.split(separator: "/").last.map { $0.split(separator: ".") } ?? []
      if let last = parts.last, packings.contains(last.lowercased()) { parts.removeLast() }
      let ending = parts.count > 1 ? parts.last?.lowercased() ?? "" : ""
      switch ending {
      case "": break
      case "json", "ndjson", "jsonl": return .jsonEachRow
      case "txt", "log": break
      default: return try InputFormat(named: ending)
      }
    } catch {
      if named != nil { throw SQLError(error.code, error.message) }
    }
    throw SQLError(
      .badArguments, "the name of \(path) does not tell its format; name one as the second argument"
    )
  }

  private static let packings: Set<String> = ["gz", "gzip", "zst", "zstd", "lz4", "zip"]

  /// Columns as CREATE TABLE names them: `id UInt64, name String`.
  static func schema(_ structure: String) throws(SQLError) -> Schema {
    guard
      case .createTable(let statement) = try Parser.parse(
        "CREATE TABLE structure (\(structure)) ENGINE = MergeTree ORDER BY tuple()")
    else { throw SQLError(.syntaxError, "'\(structure)' is no list of columns") }
    var fields: [Field] = []
    for column in statement.columns {
      do throws(TypeNameError) {
        fields.append(Field(column.name, try DataType.parse(column.typeText)))
      } catch {
        throw SQLError(error.code, error.message)
      }
    }
    guard !fields.isEmpty else {
      throw SQLError(.emptyListOfColumns, "'\(structure)' names no columns")
    }
    return Schema(fields)
  }
}
