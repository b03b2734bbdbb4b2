/// What the parser accepts at most. Text comes from the network, so every dimension has a bound.
public enum ParserLimits {
  /// Bytes of parsed text (62). The data of an INSERT, after VALUES or FORMAT, does not count.
  public static let textBytesMax = 262_144

  /// Open brackets, and levels of the tree where a call counts twice: itself and its list of arguments (306).
  /// So calls nest up to 500 deep; every recursion over a tree may rely on that.
  public static let depthMax = 1_000

  /// Nodes of one statement's tree (168). An operand that the tree holds twice, as BETWEEN does, counts twice.
  public static let elementsMax = 50_000

  /// SELECTs inside one another (306). Nested SELECTs are the parser's only recursion, so this bounds its
  /// stack: about 7 KiB a level in a debug build, 350 KiB at most.
  public static let subqueryDepthMax = 50

  /// Joins of one FROM (168): their tree leans to one side, and the recursion over it is this deep.
  public static let joinsMax = 100

  /// Changes of one ALTER, renames of one RENAME (168): each is looked up in what the ones before it left.
  public static let alterCommandsMax = 1_000
}
