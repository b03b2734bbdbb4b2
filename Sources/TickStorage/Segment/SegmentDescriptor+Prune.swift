internal import TickColumns

/// Skipping whole files by what the manifest knows of them, without opening them.
///
/// Invariant: a file that holds a row satisfying all constraints is never skipped.
extension SegmentDescriptor {
  public func mayContain(_ constraints: [FieldConstraint]) -> Bool {
    constraints.allSatisfy { constraint in
      bounds[constraint.fieldID].map { $0.mayPass(constraint.condition) } ?? true
    }
  }
}

extension FieldBounds {
  fileprivate func mayPass(_ condition: FieldConstraint.Condition) -> Bool {
    switch condition {
    case .oneOf(let values):
      values.contains { value in
        if case .null = value { return hasNull }
        return overlaps(value, value)
      }
    case .range(let lower, _, let upper, _): overlaps(lower, upper)
    }
  }

  private func overlaps(_ lower: Value?, _ upper: Value?) -> Bool {
    if let lower, let maximum, precedes(maximum, lower) { return false }
    if let upper, let minimum, precedes(upper, minimum) { return false }
    return true
  }

  /// True when the first value is certainly below the second one.
  private func precedes(_ left: Value, _ right: Value) -> Bool {
    switch (left, right) {
    case (.int(let a), .int(let b)): a < b
    case (.uint(let a), .uint(let b)): a < b
    case (.float(let a), .float(let b)): a < b
    case (.bytes(let a), .bytes(let b)): a.lexicographicallyPrecedes(b)
    default: false
    }
  }
}
