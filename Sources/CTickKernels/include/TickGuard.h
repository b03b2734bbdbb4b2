// A read of mapped memory whose file was cut, or whose medium failed, raises SIGBUS. The guard turns that
// signal into a mark on the mapping: the reader sees zeros, looks at the mark and reports damage, and the
// process lives. See Sources/TickStorage/File/SIGBUSGuard.swift for the Swift side.
#ifndef TICKGUARD_H
#define TICKGUARD_H

#include <stddef.h>
#include <stdint.h>

/// Installs the process-wide handler, keeping the earlier one for faults outside our mappings. Idempotent.
/// Returns 0, or an errno.
int tick_guard_install(void);

/// 1 after a successful `tick_guard_install`.
int tick_guard_is_installed(void);

/// Watches `count` bytes from `start` (page aligned). Returns a slot, or -1 when all slots are taken.
int32_t tick_guard_watch(const void *start, size_t count);

/// 1 when a page of the slot's mapping could not be read.
int tick_guard_is_damaged(int32_t slot);

/// Ends the watch; the mapping must no longer be read.
void tick_guard_forget(int32_t slot);

#endif
