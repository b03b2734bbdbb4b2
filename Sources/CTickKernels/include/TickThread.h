// A thread as the system sees it: its name, for top and debuggers, and its turn.
#ifndef TICKTHREAD_H
#define TICKTHREAD_H

/// Names the calling thread; the kernel keeps 15 bytes.
void tick_name_thread(const char *name);

/// From now on the calling thread gets the processor after the others (nice 10); where the system cannot, nothing.
void tick_background_thread(void);

#endif
