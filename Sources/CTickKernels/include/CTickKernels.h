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

/// Doubles as whole numbers n with n / power == value and |n| < 10^15, `power` being a power of ten of at most 10^12.
/// Stops at the first value that has no such number; gives how many it wrote to `numbers`.
size_t tick_whole_numbers(const double *values, size_t count, double power, int64_t *numbers);

/// The same value by value, for other processors and for the equality test.
size_t tick_whole_numbers_portable(const double *values, size_t count, double power, int64_t *numbers);

#endif
