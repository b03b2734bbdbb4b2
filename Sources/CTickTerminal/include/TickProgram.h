/// Programs that a shell starts. C, because Swift does not let anyone touch `environ`.
#ifndef TICK_PROGRAM_H
#define TICK_PROGRAM_H

/// Starts `sh -c command tickbase argument`, with the default handling of signals and none blocked. `input` becomes its
/// standard input, where it is not -1; `argument` may be null. The process, or -1.
int tick_program_start(const char *command, const char *argument, int input);

#endif
