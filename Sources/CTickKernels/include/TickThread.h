// The name of a thread, for whoever looks at the process with top or a debugger.
#ifndef TICKTHREAD_H
#define TICKTHREAD_H

/// Names the calling thread; the kernel keeps 15 bytes.
void tick_name_thread(const char *name);

#endif
