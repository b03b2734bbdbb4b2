/// LIKE on names, for SHOW.

/// True when the whole text matches the LIKE pattern, in which `%` is any text and `_` one character.
public func likePattern(_ pattern: String, matches text: String) -> Bool {
  LikePattern(Array(pattern.utf8)[...], ignoresCase: false).matches(Array(text.utf8)[...])
}
