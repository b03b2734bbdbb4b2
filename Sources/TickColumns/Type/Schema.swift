/// The columns of a table or of a result, in order.

/// A name and a type.
public struct Field: Hashable, Sendable {
  public let name: String
  public let type: DataType

  public init(_ name: String, _ type: DataType) {
    self.name = name
    self.type = type
  }
}

/// An ordered list of fields. Names may repeat in results; tables forbid it when they are created.
public struct Schema: Hashable, Sendable {
  public let fields: [Field]

  public init(_ fields: [Field]) {
    self.fields = fields
  }

  public var count: Int { fields.count }

  public subscript(position: Int) -> Field { fields[position] }

  /// The position of the first field with this name.
  public func position(of name: String) -> Int? {
    fields.firstIndex { $0.name == name }
  }
}
