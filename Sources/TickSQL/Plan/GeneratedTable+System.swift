/// The tables of `system` that need no catalog, for listings of it.
extension Binder {
  /// Their names.
  public static var generatedSystemTables: [String] { GeneratedTable.systemNames }

  /// `system.one` or `system.numbers`; nil for other names.
  public static func generatedSystemTable(_ name: String) -> (any TableSource)? {
    GeneratedTable.system(name)
  }
}
