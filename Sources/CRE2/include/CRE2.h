// Regular expressions in linear time: RE2 as Swift can call it. Patterns come from whoever sends a query, so
// compiling takes a bound on memory, and no exception leaves a function.
// See Sources/TickSQL/Function/Regex/RegularExpression.swift for the Swift side.
#ifndef CRE2_H
#define CRE2_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A compiled pattern. Immutable: any number of threads may search with it.
typedef struct cre2_pattern cre2_pattern;

enum {
  CRE2_IGNORE_CASE = 1,
  /// `.` matches a line break.
  CRE2_DOT_NEWLINE = 2,
  /// `^` and `$` match at line breaks.
  CRE2_LINES = 4,
  /// A character is a byte, in the pattern and in the text; otherwise both are UTF-8.
  CRE2_BYTES = 8,
};

/// What a group matched: the bytes from `start` to `end`, or -1 and -1 where it took no part.
typedef struct {
  ptrdiff_t start;
  ptrdiff_t end;
} cre2_range;

/// Compiles a pattern within `memory` bytes. Null where it is none; then `message` (of `capacity` bytes) says why.
cre2_pattern *cre2_compile(
  const uint8_t *pattern, size_t count, uint32_t options, int64_t memory, char *message,
  size_t capacity);

void cre2_release(cre2_pattern *pattern);

/// The number of groups, without the whole match.
int cre2_group_count(const cre2_pattern *pattern);

/// Finds the first match at or behind `start`; what lies before counts for `^` and `\b`. Writes the whole match and
/// the groups behind it, `group_count` ranges in all. 1 where there is a match, 0 where there is none, -1 where
/// memory ended.
int cre2_search(
  const cre2_pattern *pattern, const uint8_t *text, size_t count, size_t start,
  cre2_range *groups, int group_count);

/// For each of `rows` strings, of which number i is `bytes[offsets[i]]..<bytes[offsets[i + 1]]`: 1 in `out` where
/// the pattern matches somewhere, otherwise 0. 0 on success, -1 where memory ended.
int cre2_match_rows(
  const cre2_pattern *pattern, const uint8_t *bytes, const ptrdiff_t *offsets, size_t rows,
  uint8_t *out);

#ifdef __cplusplus
}
#endif

#endif
