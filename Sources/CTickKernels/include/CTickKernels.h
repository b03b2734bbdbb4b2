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

/// Unpacks numbers of 1 to 32 bits, back to back from the lowest bit of `bytes`: out[i] = origin + number i, modulo
/// 2^64. Takes as many eights as can be loaded inside `byte_count`; gives how many numbers it wrote. Other widths: none.
size_t tick_unpack(const uint8_t *bytes, size_t byte_count, unsigned width, size_t count, uint64_t origin,
                   uint64_t *out);

/// The same number by number.
size_t tick_unpack_portable(const uint8_t *bytes, size_t byte_count, unsigned width, size_t count, uint64_t origin,
                            uint64_t *out);

/// Repeats each value as often as its run is long; the lengths add up to `count`, for which there is room in `out`.
void tick_spread(const uint64_t *values, const uint64_t *lengths, size_t runs, uint64_t *out, size_t count);

/// The same value by value.
void tick_spread_portable(const uint64_t *values, const uint64_t *lengths, size_t runs, uint64_t *out);

/// Replaces whole numbers by the bits of the double number / power; the number is rounded to the nearest double first.
void tick_quotients(int64_t *numbers, size_t count, double power);

/// The same number by number.
void tick_quotients_portable(int64_t *numbers, size_t count, double power);

/// A range of values that are stored as offsets of `width` bits from its least one.
typedef struct {
  int64_t base;
  uint32_t width;
} tick_bin;

/// As many bins as are looked for, and as many as are read.
#define TICK_BINS_MAX 8
#define TICK_BINS_READ_MAX 16

/// Chooses 2 to TICK_BINS_MAX bins for 2 to 1,024 values, which compare as signed or unsigned numbers: `bins` in order of their
/// values, `selectors` the bin of each value, `bytes` about what they take. Gives how many bins; 0 where it is no use.
size_t tick_plan_bins(const int64_t *values, size_t count, int is_signed, size_t *bytes, tick_bin *bins, uint8_t *selectors);

/// How many selectors name each bin.
void tick_count_bins(const uint8_t *selectors, size_t count, size_t bins, uint32_t *counts);

/// The same value by value.
void tick_count_bins_portable(const uint8_t *selectors, size_t count, size_t bins, uint32_t *counts);

/// Unpacks numbers of 1 to 8 bits, back to back from the lowest bit of `bytes`, into bytes: as many eights as there are; gives how
/// many numbers it wrote.
size_t tick_unpack_bytes(const uint8_t *bytes, size_t byte_count, unsigned width, size_t count, uint8_t origin,
                         uint8_t *out);

/// The same number by number.
size_t tick_unpack_bytes_portable(const uint8_t *bytes, size_t byte_count, unsigned width, size_t count, uint8_t origin,
                                  uint8_t *out);

/// out[i] = the next value of bin selectors[i]; those of a bin lie in order from values[starts[bin]] on. All selectors are below
/// `bins`, at most TICK_BINS_READ_MAX, and 4 numbers after the last value of each bin can be read.
void tick_merge_bins(const uint8_t *selectors, size_t count, const uint64_t *values, const uint32_t *starts, size_t bins,
                     uint64_t *out);

/// The same value by value.
void tick_merge_bins_portable(const uint8_t *selectors, size_t count, const uint64_t *values, const uint32_t *starts,
                              size_t bins, uint64_t *out);

/// out[0] = values[0]; out[i + 1] = the next value where bit i of `changes` is set, else out[i]. 4 numbers after the last value can
/// be read.
void tick_expand_repeats(const uint8_t *changes, const uint64_t *values, size_t count, uint64_t *out);

/// The same value by value.
void tick_expand_repeats_portable(const uint8_t *changes, const uint64_t *values, size_t count, uint64_t *out);

/// The greatest and the least number; the other end of the range when there is none.
int64_t tick_greatest(const int64_t *values, size_t count);
int64_t tick_least(const int64_t *values, size_t count);
/// The same of doubles, NaN passed over: an infinity of the other sign when there is nothing else. Which zero of two is
/// open.
double tick_greatest_double(const double *values, size_t count);
double tick_least_double(const double *values, size_t count);
/// The first place from `first` on that holds a number; `count` when there is none.
size_t tick_find(const int64_t *values, size_t first, size_t count, int64_t wanted);

int64_t tick_greatest_portable(const int64_t *values, size_t count);
int64_t tick_least_portable(const int64_t *values, size_t count);
double tick_greatest_double_portable(const double *values, size_t count);
double tick_least_double_portable(const double *values, size_t count);
size_t tick_find_portable(const int64_t *values, size_t first, size_t count, int64_t wanted);

/// Sets marks[i] to 1 where value i differs from the one before it, bit by bit, and leaves the others. Values have
/// `width` bytes and their natural alignment.
void tick_mark_changes(const void *values, size_t count, size_t width, uint8_t *marks);

#endif
