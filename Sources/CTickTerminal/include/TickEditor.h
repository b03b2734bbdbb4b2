/// A line of input from a terminal, over libedit. C, because libedit's calls are variadic and call back.
///
/// Invariants:
/// 1. Nothing here handles signals but those of a terminal's size and job control while a line is read; whoever
///    catches SIGINT wakes the reading through a descriptor.
/// 2. Texts given back are valid until the next call.
#ifndef TICK_EDITOR_H
#define TICK_EDITOR_H

#include <stddef.h>

struct tick_editor;
typedef struct tick_editor tick_editor;

/// How reading a line ended.
enum tick_edit_outcome {
  TICK_EDIT_LINE = 0,
  /// A byte came through the waking descriptor.
  TICK_EDIT_INTERRUPTED = 1,
  TICK_EDIT_END = 2,
};

/// What completing did to the line.
enum tick_edit_completion {
  TICK_EDIT_NOTHING = 0,
  TICK_EDIT_CHANGED = 1,
  /// Something was printed below the line.
  TICK_EDIT_LISTED = 2,
};

typedef int (*tick_edit_completer)(void *context);

/// Null when the terminal cannot be edited on. `wake` is read from; `complete` is called when Tab is pressed.
tick_editor *tick_editor_open(const char *program, int wake, int entries_max, tick_edit_completer complete,
                              void *context);
void tick_editor_close(tick_editor *editor);

/// Reads a line; `text` is without its newline.
int tick_editor_read(tick_editor *editor, const char *prompt, const char **text, size_t *length);

/// Adds an entry to what the arrow keys go through.
void tick_editor_remember(tick_editor *editor, const char *entry);

/// For the completer: the bytes of the line before the cursor.
const char *tick_editor_before_cursor(tick_editor *editor, size_t *length);
/// For the completer: puts `text` in the place of `characters` before the cursor.
void tick_editor_replace(tick_editor *editor, int characters, const char *text);
/// Columns of the terminal.
int tick_editor_columns(tick_editor *editor);

#endif
