// Bins and repeats, both ways: the choice of a few ranges that hold a block's values in few bits, and the merging of
// what lies apart on disk. Merging has a portable twin with the same results.
#include "CTickKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// MARK: Choosing bins

// Values are sorted into buckets by their distance to a middle one, finely where they are near it and coarsely where
// they are far: two buckets for each power of two on either side. A bin is a row of neighbouring buckets, so the best
// bins are found by dynamic programming over the few buckets that hold something, without sorting the values.
enum { BUCKETS = 256, MIDDLE = 128, ROWS_MAX = 1024, BUCKETS_KEPT = 64 };

static unsigned bit_length(uint64_t number) { return number == 0 ? 0 : 64 - (unsigned)__builtin_clzll(number); }

// The bucket of a distance: 0, 1, then two for each bit length.
static unsigned step_of(uint64_t distance) {
  if (distance < 2) return (unsigned)distance;
  unsigned top = 63 - (unsigned)__builtin_clzll(distance);
  return 2 * top + (unsigned)(distance >> (top - 1) & 1);
}

// Bytes of a short number, at most.
static unsigned short_bytes(int64_t value) {
  uint64_t folded = (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
  unsigned bits = bit_length(folded);
  return bits == 0 ? 1 : (bits + 6) / 7;
}

// A value near the middle of all: the median of fifteen that lie evenly in the block.
static int64_t middle_value(const int64_t *values, size_t count, uint64_t flip) {
  int64_t sample[15];
  size_t taken = count < 15 ? count : 15;
  for (size_t i = 0; i < taken; i++) {
    int64_t value = (int64_t)((uint64_t)values[i * count / taken] ^ flip);
    size_t j = i;
    for (; j > 0 && sample[j - 1] > value; j--) sample[j] = sample[j - 1];
    sample[j] = value;
  }
  return sample[taken / 2];
}

size_t tick_plan_bins(const int64_t *values, size_t count, int is_signed, size_t *bytes, tick_bin *bins, uint8_t *selectors) {
  if (count < 2 || count > ROWS_MAX) return 0;
  const uint64_t flip = is_signed ? 0 : 1ull << 63;
  const int64_t middle = middle_value(values, count, flip);
  uint8_t bucket_of[ROWS_MAX];
  unsigned counts[BUCKETS] = {0};
  int64_t low[BUCKETS], high[BUCKETS];
  for (unsigned i = 0; i < BUCKETS; i++) {
    low[i] = INT64_MAX;
    high[i] = INT64_MIN;
  }
  for (size_t i = 0; i < count; i++) {
    int64_t value = (int64_t)((uint64_t)values[i] ^ flip);
    uint64_t distance = (uint64_t)value - (uint64_t)middle;
    unsigned bucket = value >= middle ? MIDDLE + step_of(distance) : MIDDLE - 1 - step_of(~distance);
    bucket_of[i] = (uint8_t)bucket;
    counts[bucket]++;
    if (value < low[bucket]) low[bucket] = value;
    if (value > high[bucket]) high[bucket] = value;
  }

  // The buckets that hold something, in order of their values; neighbours are put together where there are too many.
  uint8_t kept_of[BUCKETS];
  unsigned kept = 0;
  int64_t kept_low[BUCKETS], kept_high[BUCKETS];
  unsigned before[BUCKETS + 1];
  for (unsigned shift = 0;; shift++) {
    unsigned last = BUCKETS;
    kept = 0;
    before[0] = 0;
    for (unsigned i = 0; i < BUCKETS; i++) {
      if (counts[i] == 0) continue;
      if (i >> shift != last) {
        last = i >> shift;
        kept_low[kept] = low[i];
        before[kept + 1] = before[kept];
        kept++;
      }
      kept_of[i] = (uint8_t)(kept - 1);
      kept_high[kept - 1] = high[i];
      before[kept] += counts[i];
    }
    if (kept <= BUCKETS_KEPT) break;
  }
  if (kept < 2) return 0;

  // cost[k][j]: bits of the first j buckets in k + 1 bins; from[k][j]: where the last of these bins begins.
  unsigned cost[TICK_BINS_MAX][BUCKETS_KEPT + 1];
  uint8_t from[TICK_BINS_MAX][BUCKETS_KEPT + 1];
  unsigned heads[BUCKETS_KEPT];
  for (unsigned i = 0; i < kept; i++) heads[i] = 8 + 4 + 8 * short_bytes((int64_t)((uint64_t)kept_low[i] ^ flip));
  unsigned bins_max = kept < TICK_BINS_MAX ? kept : TICK_BINS_MAX;
  for (unsigned j = 1; j <= kept; j++) {
    cost[0][j] = before[j] * bit_length((uint64_t)kept_high[j - 1] - (uint64_t)kept_low[0]) + heads[0];
    from[0][j] = 0;
  }
  for (unsigned j = 2; j <= kept; j++) {
    unsigned single[BUCKETS_KEPT];
    for (unsigned i = 1; i < j; i++)
      single[i] = (before[j] - before[i]) * bit_length((uint64_t)kept_high[j - 1] - (uint64_t)kept_low[i]) + heads[i];
    for (unsigned k = 1; k < bins_max && k < j; k++) {
      unsigned best = ~0u, start = k;
      for (unsigned i = k; i < j; i++) {
        unsigned sum = cost[k - 1][i] + single[i];
        if (sum < best) {
          best = sum;
          start = i;
        }
      }
      cost[k][j] = best;
      from[k][j] = (uint8_t)start;
    }
  }
  unsigned best = ~0u, chosen = 0;
  for (unsigned k = 1; k < bins_max; k++) {
    unsigned selector_bits = bit_length(k);
    unsigned total = cost[k][kept] + (unsigned)count * selector_bits;
    if (total < best) {
      best = total;
      chosen = k;
    }
  }
  // The encoding's id, the number of bins, and the head of the selectors' frame.
  *bytes = best / 8 + 2 + 3;

  uint8_t bin_of_kept[BUCKETS_KEPT];
  unsigned end = kept;
  for (unsigned k = chosen + 1; k-- > 0;) {
    unsigned start = from[k][end];
    bins[k].base = (int64_t)((uint64_t)kept_low[start] ^ flip);
    bins[k].width = bit_length((uint64_t)kept_high[end - 1] - (uint64_t)kept_low[start]);
    for (unsigned i = start; i < end; i++) bin_of_kept[i] = (uint8_t)k;
    end = start;
  }
  for (size_t i = 0; i < count; i++) selectors[i] = bin_of_kept[kept_of[bucket_of[i]]];
  return chosen + 1;
}

// MARK: Merging

void tick_count_bins_portable(const uint8_t *selectors, size_t count, size_t bins, uint32_t *counts) {
  for (size_t bin = 0; bin < bins; bin++) counts[bin] = 0;
  for (size_t i = 0; i < count; i++)
    if (selectors[i] < bins) counts[selectors[i]]++;
}

void tick_merge_bins_portable(const uint8_t *selectors, size_t count, const uint64_t *values, const uint32_t *starts,
                              size_t bins, uint64_t *out) {
  const uint64_t *next[TICK_BINS_READ_MAX];
  for (size_t bin = 0; bin < bins; bin++) next[bin] = values + starts[bin];
  for (size_t i = 0; i < count; i++) out[i] = *next[selectors[i]]++;
}

void tick_expand_repeats_portable(const uint8_t *changes, const uint64_t *values, size_t count, uint64_t *out) {
  if (count == 0) return;
  out[0] = *values;
  for (size_t i = 0; i + 1 < count; i++) {
    values += changes[i >> 3] >> (i & 7) & 1;
    out[i + 1] = *values;
  }
}

#if defined(__x86_64__)
// For four lanes and a mask: which of the next values each lane takes, as indices of 32-bit halves.
#define LANE(n) 2 * (n), 2 * (n) + 1
// Lane i takes value number (set bits of the mask below bit i); what it is where bit i is clear does not matter.
__attribute__((aligned(32))) static const int32_t spread_lanes[16][8] = {
    {LANE(0), LANE(0), LANE(0), LANE(0)}, {LANE(0), LANE(1), LANE(1), LANE(1)},
    {LANE(0), LANE(0), LANE(1), LANE(1)}, {LANE(0), LANE(1), LANE(2), LANE(2)},
    {LANE(0), LANE(0), LANE(0), LANE(1)}, {LANE(0), LANE(1), LANE(1), LANE(2)},
    {LANE(0), LANE(0), LANE(1), LANE(2)}, {LANE(0), LANE(1), LANE(2), LANE(3)},
    {LANE(0), LANE(0), LANE(0), LANE(0)}, {LANE(0), LANE(1), LANE(1), LANE(1)},
    {LANE(0), LANE(0), LANE(1), LANE(1)}, {LANE(0), LANE(1), LANE(2), LANE(2)},
    {LANE(0), LANE(0), LANE(0), LANE(1)}, {LANE(0), LANE(1), LANE(1), LANE(2)},
    {LANE(0), LANE(0), LANE(1), LANE(2)}, {LANE(0), LANE(1), LANE(2), LANE(3)},
};

#define ALL(n) -((n) & 1), -((n) >> 1 & 1), -((n) >> 2 & 1), -((n) >> 3 & 1)
// All bits of each lane whose bit is set.
__attribute__((aligned(32))) static const int64_t lane_masks[16][4] = {
    {ALL(0)}, {ALL(1)}, {ALL(2)},  {ALL(3)},  {ALL(4)},  {ALL(5)},  {ALL(6)},  {ALL(7)},
    {ALL(8)}, {ALL(9)}, {ALL(10)}, {ALL(11)}, {ALL(12)}, {ALL(13)}, {ALL(14)}, {ALL(15)},
};

__attribute__((target("avx2,popcnt"))) static void count_bins(
    const uint8_t *selectors, size_t count, size_t bins, uint32_t *counts) {
  size_t whole = count & ~(size_t)31;
  tick_count_bins_portable(selectors + whole, count - whole, bins, counts);
  for (size_t bin = 0; bin < bins; bin++) {
    const __m256i wanted = _mm256_set1_epi8((char)bin);
    uint32_t found = 0;
    for (size_t i = 0; i < whole; i += 32) {
      __m256i is_wanted = _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(selectors + i)), wanted);
      found += (uint32_t)__builtin_popcount((unsigned)_mm256_movemask_epi8(is_wanted));
    }
    counts[bin] += found;
  }
}

__attribute__((target("avx2,popcnt"))) static void merge_bins(
    const uint8_t *selectors, size_t count, const uint64_t *values, const uint32_t *starts, size_t bins, uint64_t *out) {
  const uint64_t *next[TICK_BINS_READ_MAX];
  for (size_t bin = 0; bin < bins; bin++) next[bin] = values + starts[bin];
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    const __m256i chosen = _mm256_loadu_si256((const __m256i *)(selectors + i));
    __m256i merged[8];
    for (unsigned g = 0; g < 8; g++) merged[g] = _mm256_setzero_si256();
    for (size_t bin = 0; bin < bins; bin++) {
      const __m256i is_chosen = _mm256_cmpeq_epi8(chosen, _mm256_set1_epi8((char)bin));
      uint32_t mask = (uint32_t)_mm256_movemask_epi8(is_chosen);
      if (mask == 0) continue;
      const uint64_t *place = next[bin];
      for (unsigned g = 0; g < 8; g++) {
        unsigned four = mask >> 4 * g & 15;
        __m256i taken = _mm256_permutevar8x32_epi32(
            _mm256_loadu_si256((const __m256i *)place), _mm256_load_si256((const __m256i *)spread_lanes[four]));
        merged[g] = _mm256_blendv_epi8(merged[g], taken, _mm256_load_si256((const __m256i *)lane_masks[four]));
        place += __builtin_popcount(four);
      }
      next[bin] = place;
    }
    for (unsigned g = 0; g < 8; g++) _mm256_storeu_si256((__m256i *)(out + i + 4 * g), merged[g]);
  }
  for (; i < count; i++) out[i] = *next[selectors[i]]++;
}

__attribute__((target("avx2,popcnt"))) static void expand_repeats(
    const uint8_t *changes, const uint64_t *values, size_t count, uint64_t *out) {
  out[0] = *values;
  size_t i = 0;
  for (; i + 9 <= count; i += 8) {
    unsigned eight = changes[i >> 3];
    for (unsigned half = 0; half < 2; half++) {
      unsigned four = half ? eight >> 4 : eight & 15;
      // Counted up to and with each lane, from the first value that lane 0 can take.
      const uint64_t *first = values + (four & 1);
      __m256i taken = _mm256_permutevar8x32_epi32(
          _mm256_loadu_si256((const __m256i *)first), _mm256_load_si256((const __m256i *)spread_lanes[four >> 1]));
      _mm256_storeu_si256((__m256i *)(out + i + 1 + 4 * half), taken);
      values += __builtin_popcount(four);
    }
  }
  for (; i + 1 < count; i++) {
    values += changes[i >> 3] >> (i & 7) & 1;
    out[i + 1] = *values;
  }
}
#endif

void tick_count_bins(const uint8_t *selectors, size_t count, size_t bins, uint32_t *counts) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) {
    count_bins(selectors, count, bins, counts);
    return;
  }
#endif
  tick_count_bins_portable(selectors, count, bins, counts);
}

void tick_merge_bins(const uint8_t *selectors, size_t count, const uint64_t *values, const uint32_t *starts, size_t bins,
                     uint64_t *out) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) {
    merge_bins(selectors, count, values, starts, bins, out);
    return;
  }
#endif
  tick_merge_bins_portable(selectors, count, values, starts, bins, out);
}

void tick_expand_repeats(const uint8_t *changes, const uint64_t *values, size_t count, uint64_t *out) {
#if defined(__x86_64__)
  if (count > 0 && __builtin_cpu_supports("avx2")) {
    expand_repeats(changes, values, count, out);
    return;
  }
#endif
  tick_expand_repeats_portable(changes, values, count, out);
}
