// What Linux knows of a thread: its name and its turn. Swift cannot call prctl, which takes any number of arguments.
#include "TickThread.h"

#if defined(__linux__)
#include <sys/prctl.h>
#include <sys/resource.h>
void tick_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
// To Linux a process is here what others call a thread, and 0 is the one that calls.
void tick_background_thread(void) { setpriority(PRIO_PROCESS, 0, 10); }
#else
void tick_name_thread(const char *name) { (void)name; }
void tick_background_thread(void) {}
#endif
