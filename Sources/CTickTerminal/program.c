#include "TickProgram.h"

#include <signal.h>
#include <spawn.h>
#include <unistd.h>

extern char **environ;

int tick_program_start(const char *command, const char *argument, int input) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  if (posix_spawn_file_actions_init(&actions)) return -1;
  if (posix_spawnattr_init(&attributes)) {
    posix_spawn_file_actions_destroy(&actions);
    return -1;
  }
  if (input >= 0) posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  sigset_t none, handled;
  sigemptyset(&none);
  sigemptyset(&handled);
  sigaddset(&handled, SIGPIPE);
  sigaddset(&handled, SIGXFSZ);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &handled);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  char *words[] = {"sh", "-c", (char *)command, "tickbase", (char *)argument, 0};
  pid_t process = -1;
  int status = posix_spawn(&process, "/bin/sh", &actions, &attributes, words, environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return status ? -1 : process;
}
