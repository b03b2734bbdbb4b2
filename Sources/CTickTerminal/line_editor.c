#include "TickEditor.h"

#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct tick_editor {
  EditLine *edit;
  History *history;
  const char *prompt;
  int wake;
  /// The terminal once more, without waiting: what poll has seen may be gone when it is read, as Ctrl-C throws away
  /// what was typed. A flag on standard input itself would hold for other programs as well.
  int input;
  int interrupted;
  tick_edit_completer complete;
  void *context;
};

static tick_editor *owner(EditLine *edit) {
  void *data = NULL;
  el_get(edit, EL_CLIENTDATA, &data);
  return data;
}

static char *prompt_of(EditLine *edit) { return (char *)owner(edit)->prompt; }

static unsigned char complete_word(EditLine *edit, int key) {
  (void)key;
  tick_editor *editor = owner(edit);
  switch (editor->complete(editor->context)) {
    case TICK_EDIT_CHANGED: return CC_REFRESH;
    case TICK_EDIT_LISTED: return CC_REDISPLAY;
    default: return CC_REFRESH_BEEP;
  }
}

/// One byte of input; 0 at the end, -1 when something else ends the line.
static int read_byte(tick_editor *editor, unsigned char *byte) {
  for (;;) {
    struct pollfd waits[2] = {{editor->input, POLLIN, 0}, {editor->wake, POLLIN, 0}};
    if (poll(waits, 2, -1) < 0) {
      if (errno != EINTR) return -1;
      // Stopped and continued, or another size: the line is drawn again.
      el_set(editor->edit, EL_REFRESH);
      continue;
    }
    if (waits[1].revents) {
      char drained[64];
      if (read(editor->wake, drained, sizeof drained) < 0 && errno == EINTR) continue;
      editor->interrupted = 1;
      errno = EINTR;
      return -1;
    }
    if (waits[0].revents) {
      ssize_t count = read(editor->input, byte, 1);
      if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      return (int)count;
    }
  }
}

/// One character of UTF-8; bytes that are none become U+FFFD.
static int read_character(EditLine *edit, wchar_t *out) {
  tick_editor *editor = owner(edit);
  unsigned char byte;
  int count = read_byte(editor, &byte);
  if (count != 1) return count;
  int more = byte < 0x80 ? 0 : (byte & 0xE0) == 0xC0 ? 1 : (byte & 0xF0) == 0xE0 ? 2 : (byte & 0xF8) == 0xF0 ? 3 : -1;
  if (more < 0) {
    *out = 0xFFFD;
    return 1;
  }
  unsigned long value = more == 0 ? byte : byte & (0x3FU >> more);
  for (int index = 0; index < more; index++) {
    count = read_byte(editor, &byte);
    if (count != 1) return count;
    if ((byte & 0xC0) != 0x80) {
      *out = 0xFFFD;
      return 1;
    }
    value = value << 6 | (byte & 0x3F);
  }
  *out = value > 0x10FFFF || (value >= 0xD800 && value < 0xE000) ? 0xFFFD : (wchar_t)value;
  return 1;
}

tick_editor *tick_editor_open(const char *program, int wake, int entries_max, tick_edit_completer complete,
                              void *context) {
  // libedit asks the locale for the width of characters; text here is UTF-8 whatever the locale says.
  if (!setlocale(LC_CTYPE, "C.UTF-8")) setlocale(LC_CTYPE, "");
  tick_editor *editor = calloc(1, sizeof *editor);
  if (!editor) return NULL;
  editor->prompt = "";
  editor->wake = wake;
  char name[128];
  editor->input = ttyname_r(STDIN_FILENO, name, sizeof name) == 0
                      ? open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
                      : -1;
  if (editor->input < 0) editor->input = STDIN_FILENO;
  editor->complete = complete;
  editor->context = context;
  editor->edit = el_init(program, stdin, stdout, stderr);
  editor->history = history_init();
  if (!editor->edit || !editor->history) {
    tick_editor_close(editor);
    return NULL;
  }
  HistEvent event;
  history(editor->history, &event, H_SETSIZE, entries_max);
  history(editor->history, &event, H_SETUNIQUE, 1);
  el_set(editor->edit, EL_CLIENTDATA, editor);
  el_set(editor->edit, EL_SIGNAL, 1);
  el_set(editor->edit, EL_EDITOR, "emacs");
  el_set(editor->edit, EL_PROMPT, prompt_of);
  el_set(editor->edit, EL_HIST, history, editor->history);
  el_set(editor->edit, EL_GETCFN, read_character);
  el_set(editor->edit, EL_ADDFN, "tick-complete", "Complete a word", complete_word);
  el_set(editor->edit, EL_BIND, "^I", "tick-complete", NULL);
  el_set(editor->edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
  el_set(editor->edit, EL_BIND, "\\e[1~", "ed-move-to-beg", NULL);
  el_set(editor->edit, EL_BIND, "\\e[4~", "ed-move-to-end", NULL);
  el_set(editor->edit, EL_BIND, "\\e[H", "ed-move-to-beg", NULL);
  el_set(editor->edit, EL_BIND, "\\e[F", "ed-move-to-end", NULL);
  el_set(editor->edit, EL_BIND, "\\e[3~", "ed-delete-next-char", NULL);
  el_set(editor->edit, EL_BIND, "\\e[1;5C", "em-next-word", NULL);
  el_set(editor->edit, EL_BIND, "\\e[1;5D", "ed-prev-word", NULL);
  el_source(editor->edit, NULL);
  return editor;
}

void tick_editor_close(tick_editor *editor) {
  if (editor->edit) el_end(editor->edit);
  if (editor->history) history_end(editor->history);
  if (editor->input > STDIN_FILENO) close(editor->input);
  free(editor);
}

int tick_editor_read(tick_editor *editor, const char *prompt, const char **text, size_t *length) {
  int count = 0;
  editor->prompt = prompt;
  editor->interrupted = 0;
  const char *line = el_gets(editor->edit, &count);
  fflush(stdout);
  if (editor->interrupted) return TICK_EDIT_INTERRUPTED;
  if (!line || count <= 0) return TICK_EDIT_END;
  *length = strlen(line);
  if (*length > 0 && line[*length - 1] == '\n') *length -= 1;
  *text = line;
  return TICK_EDIT_LINE;
}

void tick_editor_remember(tick_editor *editor, const char *entry) {
  HistEvent event;
  history(editor->history, &event, H_ENTER, entry);
}

const char *tick_editor_before_cursor(tick_editor *editor, size_t *length) {
  const LineInfo *line = el_line(editor->edit);
  *length = (size_t)(line->cursor - line->buffer);
  return line->buffer;
}

void tick_editor_replace(tick_editor *editor, int characters, const char *text) {
  if (characters > 0) el_deletestr(editor->edit, characters);
  el_insertstr(editor->edit, text);
}

int tick_editor_columns(tick_editor *editor) {
  int columns = 0;
  el_get(editor->edit, EL_GETTC, "co", &columns, NULL);
  return columns > 0 ? columns : 80;
}
