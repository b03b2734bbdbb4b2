// The handler runs on the thread that touched the page, between two of its instructions, so everything here
// is a plain atomic or a system call; no lock, no allocation.
//
// A slot is free when `low` is 0. Watchers take a slot by compare-and-swap of `taken`, write `high` and
// `damaged`, and publish `low` last; the handler reads `low` first. A slot is forgotten only after its
// mapping is no longer read, so the handler never races with reuse of an address it was raised for.
#define _GNU_SOURCE
#include "TickGuard.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// More than the kernel's default limit of 65,530 mappings per process leaves to segment files in practice;
// when all are taken, files are read with pread instead.
#define SLOTS 32768

struct slot {
  atomic_uintptr_t low;
  atomic_uintptr_t high;
  atomic_int taken;
  atomic_int damaged;
};

static struct slot slots[SLOTS];
static atomic_int slots_used;   // upper bound of slots ever taken
static atomic_int installed;
static struct sigaction earlier;
static uintptr_t page_size;
static pthread_mutex_t install_lock = PTHREAD_MUTEX_INITIALIZER;

static void pass_on(int number, siginfo_t *info, void *context) {
  if (earlier.sa_flags & SA_SIGINFO) {
    earlier.sa_sigaction(number, info, context);
  } else if (earlier.sa_handler == SIG_DFL || earlier.sa_handler == SIG_IGN) {
    // Back to the default: the instruction runs again and the process dies with the right signal.
    struct sigaction fall = {.sa_handler = SIG_DFL};
    sigemptyset(&fall.sa_mask);
    sigaction(SIGBUS, &fall, NULL);
  } else {
    earlier.sa_handler(number);
  }
}

static void on_sigbus(int number, siginfo_t *info, void *context) {
  int saved = errno;
  uintptr_t address = (uintptr_t)info->si_addr;
  int used = atomic_load(&slots_used);
  // si_code <= 0 was sent by a process, not by a page.
  for (int i = 0; info->si_code > 0 && i < used; i++) {
    uintptr_t low = atomic_load(&slots[i].low);
    if (low == 0 || address < low || address >= atomic_load(&slots[i].high)) continue;
    atomic_store(&slots[i].damaged, 1);
    void *page = (void *)(address & ~(page_size - 1));
    void *zero = mmap(page, page_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (zero == MAP_FAILED) break;
    errno = saved;
    return;
  }
  pass_on(number, info, context);
  errno = saved;
}

int tick_guard_install(void) {
  pthread_mutex_lock(&install_lock);
  int result = 0;
  if (!atomic_load(&installed)) {
    page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_sigbus;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGBUS, NULL, &earlier) != 0 || sigaction(SIGBUS, &action, NULL) != 0)
      result = errno;
    else
      atomic_store(&installed, 1);
  }
  pthread_mutex_unlock(&install_lock);
  return result;
}

int tick_guard_is_installed(void) { return atomic_load(&installed); }

int32_t tick_guard_watch(const void *start, size_t count) {
  for (int i = 0; i < SLOTS; i++) {
    int expected = 0;
    if (atomic_load(&slots[i].taken) ||
        !atomic_compare_exchange_strong(&slots[i].taken, &expected, 1))
      continue;
    atomic_store(&slots[i].damaged, 0);
    atomic_store(&slots[i].high, (uintptr_t)start + count);
    int used = atomic_load(&slots_used);
    while (used < i + 1 && !atomic_compare_exchange_weak(&slots_used, &used, i + 1)) {
    }
    atomic_store(&slots[i].low, (uintptr_t)start);
    return i;
  }
  return -1;
}

int tick_guard_is_damaged(int32_t slot) { return atomic_load(&slots[slot].damaged); }

void tick_guard_forget(int32_t slot) {
  atomic_store(&slots[slot].low, 0);
  atomic_store(&slots[slot].taken, 0);
}
