// Kernels that need an instruction Swift cannot name. Each has a scalar twin, chosen once at run time,
// and a test that both give the same answer.
#ifndef CTICKKERNELS_H
#define CTICKKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "TickGuard.h"
#include "TickThread.h"

/// CRC-32C (Castagnoli, RFC 3720 section B.4), continued from `crc` (0 to begin).
uint32_t tick_crc32c(uint32_t crc, const void *bytes, size_t count);

/// The same by table, for processors without the instruction and for the equality test.
uint32_t tick_crc32c_portable(uint32_t crc, const void *bytes, size_t count);

#endif
