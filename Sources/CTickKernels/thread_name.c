// Swift cannot call prctl, which takes any number of arguments.
#include "TickThread.h"

#if defined(__linux__)
#include <sys/prctl.h>
void tick_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
#else
void tick_name_thread(const char *name) { (void)name; }
#endif
