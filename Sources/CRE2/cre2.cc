// Works with RE2 of 2022 as with later ones, which need C++17 and take abseil's string_view: StringPiece is the
// name that both know.
#include "CRE2.h"

#include <re2/re2.h>
#include <re2/stringpiece.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

struct cre2_pattern {
  re2::RE2 regex;

  cre2_pattern(const re2::StringPiece &text, const re2::RE2::Options &options)
      : regex(text, options) {}
};

namespace {

void say(const char *sentence, size_t length, char *message, size_t capacity) {
  if (capacity == 0) return;
  size_t kept = std::min(length, capacity - 1);
  std::memcpy(message, sentence, kept);
  message[kept] = 0;
}

// RE2 does not count what a search for groups takes: in the worst case each instruction of the program has places for
// the bounds of all groups.
const int64_t search_memory_max = int64_t{64} << 20;

int64_t search_memory(const re2::RE2 &regex) {
  return int64_t{regex.ProgramSize()} * 2 * (regex.NumberOfCapturingGroups() + 1) * 8;
}

// RE2 takes a null pointer for no string at all, so an empty text has an address too.
re2::StringPiece piece(const uint8_t *bytes, size_t count) {
  return count == 0 ? re2::StringPiece("", 0)
                    : re2::StringPiece(reinterpret_cast<const char *>(bytes), count);
}

}  // namespace

cre2_pattern *cre2_compile(
  const uint8_t *pattern, size_t count, uint32_t options, int64_t memory, char *message,
  size_t capacity) {
  try {
    re2::RE2::Options chosen;
    chosen.set_log_errors(false);
    chosen.set_max_mem(memory);
    chosen.set_case_sensitive((options & CRE2_IGNORE_CASE) == 0);
    chosen.set_dot_nl((options & CRE2_DOT_NEWLINE) != 0);
    if (options & CRE2_BYTES) chosen.set_encoding(re2::RE2::Options::EncodingLatin1);
    re2::StringPiece text = piece(pattern, count);
    std::string lines;
    if (options & CRE2_LINES) {
      lines = "(?m)";
      lines.append(text.data(), text.size());
      text = re2::StringPiece(lines);
    }
    auto compiled = std::make_unique<cre2_pattern>(text, chosen);
    if (!compiled->regex.ok()) {
      const std::string &error = compiled->regex.error();
      say(error.data(), error.size(), message, capacity);
    } else if (search_memory(compiled->regex) > search_memory_max) {
      const char sentence[] = "too many groups for a pattern of this length";
      say(sentence, sizeof(sentence) - 1, message, capacity);
    } else {
      return compiled.release();
    }
  } catch (...) {
    const char sentence[] = "not enough memory to compile it";
    say(sentence, sizeof(sentence) - 1, message, capacity);
  }
  return nullptr;
}

void cre2_release(cre2_pattern *pattern) { delete pattern; }

int cre2_group_count(const cre2_pattern *pattern) {
  return pattern->regex.NumberOfCapturingGroups();
}

int cre2_search(
  const cre2_pattern *pattern, const uint8_t *text, size_t count, size_t start,
  cre2_range *groups, int group_count) {
  try {
    const int few = 16;
    re2::StringPiece on_stack[few];
    std::vector<re2::StringPiece> on_heap;
    re2::StringPiece *found = on_stack;
    if (group_count > few) {
      on_heap.resize(group_count);
      found = on_heap.data();
    }
    const re2::StringPiece whole = piece(text, count);
    if (!pattern->regex.Match(whole, start, count, re2::RE2::UNANCHORED, found, group_count)) {
      return 0;
    }
    for (int i = 0; i < group_count; i++) {
      if (found[i].data() == nullptr) {
        groups[i] = {-1, -1};
      } else {
        ptrdiff_t from = found[i].data() - whole.data();
        groups[i] = {from, from + static_cast<ptrdiff_t>(found[i].size())};
      }
    }
    return 1;
  } catch (...) {
    return -1;
  }
}

int cre2_match_rows(
  const cre2_pattern *pattern, const uint8_t *bytes, const ptrdiff_t *offsets, size_t rows,
  uint8_t *out) {
  try {
    for (size_t row = 0; row < rows; row++) {
      const size_t count = static_cast<size_t>(offsets[row + 1] - offsets[row]);
      const re2::StringPiece text = piece(bytes + offsets[row], count);
      out[row] = pattern->regex.Match(text, 0, count, re2::RE2::UNANCHORED, nullptr, 0) ? 1 : 0;
    }
    return 0;
  } catch (...) {
    return -1;
  }
}
