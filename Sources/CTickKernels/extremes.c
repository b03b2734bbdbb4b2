// Extremes of 64-bit values and where they stand, and where neighbours differ: what min, max, argMin, argMax and grouping
// spend their time on. Comparing 64-bit integers in lanes needs more than the baseline instruction set; the portable twins
// give the same results.
#include "CTickKernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

int64_t tick_greatest_portable(const int64_t *values, size_t count) {
  int64_t found = INT64_MIN;
  for (size_t i = 0; i < count; i++) found = values[i] > found ? values[i] : found;
  return found;
}

int64_t tick_least_portable(const int64_t *values, size_t count) {
  int64_t found = INT64_MAX;
  for (size_t i = 0; i < count; i++) found = values[i] < found ? values[i] : found;
  return found;
}

double tick_greatest_double_portable(const double *values, size_t count) {
  double found = -__builtin_inf();
  for (size_t i = 0; i < count; i++) found = values[i] > found ? values[i] : found;
  return found;
}

double tick_least_double_portable(const double *values, size_t count) {
  double found = __builtin_inf();
  for (size_t i = 0; i < count; i++) found = values[i] < found ? values[i] : found;
  return found;
}

size_t tick_find_portable(const int64_t *values, size_t first, size_t count, int64_t wanted) {
  for (size_t i = first; i < count; i++)
    if (values[i] == wanted) return i;
  return count;
}

#if defined(__x86_64__)
#define LANES __attribute__((target("avx2")))

LANES static inline __m256i greater(__m256i a, __m256i b) { return _mm256_blendv_epi8(b, a, _mm256_cmpgt_epi64(a, b)); }
LANES static inline __m256i lesser(__m256i a, __m256i b) { return _mm256_blendv_epi8(a, b, _mm256_cmpgt_epi64(a, b)); }
LANES static inline __m256i four(const int64_t *p) { return _mm256_loadu_si256((const __m256i *)p); }

LANES static int64_t greatest(const int64_t *values, size_t count) {
  __m256i a = _mm256_set1_epi64x(INT64_MIN), b = a;
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    a = greater(four(values + i), a);
    b = greater(four(values + i + 4), b);
  }
  int64_t lanes[5];
  _mm256_storeu_si256((__m256i *)lanes, greater(a, b));
  lanes[4] = tick_greatest_portable(values + i, count - i);
  return tick_greatest_portable(lanes, 5);
}

LANES static int64_t least(const int64_t *values, size_t count) {
  __m256i a = _mm256_set1_epi64x(INT64_MAX), b = a;
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    a = lesser(four(values + i), a);
    b = lesser(four(values + i + 4), b);
  }
  int64_t lanes[5];
  _mm256_storeu_si256((__m256i *)lanes, lesser(a, b));
  lanes[4] = tick_least_portable(values + i, count - i);
  return tick_least_portable(lanes, 5);
}

// The instruction gives its second operand when one is NaN, so a NaN never takes the place of a number.
LANES static double greatest_double(const double *values, size_t count) {
  __m256d a = _mm256_set1_pd(-__builtin_inf()), b = a;
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    a = _mm256_max_pd(_mm256_loadu_pd(values + i), a);
    b = _mm256_max_pd(_mm256_loadu_pd(values + i + 4), b);
  }
  double lanes[5];
  _mm256_storeu_pd(lanes, _mm256_max_pd(a, b));
  lanes[4] = tick_greatest_double_portable(values + i, count - i);
  return tick_greatest_double_portable(lanes, 5);
}

LANES static double least_double(const double *values, size_t count) {
  __m256d a = _mm256_set1_pd(__builtin_inf()), b = a;
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    a = _mm256_min_pd(_mm256_loadu_pd(values + i), a);
    b = _mm256_min_pd(_mm256_loadu_pd(values + i + 4), b);
  }
  double lanes[5];
  _mm256_storeu_pd(lanes, _mm256_min_pd(a, b));
  lanes[4] = tick_least_double_portable(values + i, count - i);
  return tick_least_double_portable(lanes, 5);
}

LANES static size_t find(const int64_t *values, size_t first, size_t count, int64_t wanted) {
  const __m256i key = _mm256_set1_epi64x(wanted);
  size_t i = first;
  for (; i + 8 <= count; i += 8) {
    __m256i hit = _mm256_or_si256(_mm256_cmpeq_epi64(four(values + i), key), _mm256_cmpeq_epi64(four(values + i + 4), key));
    if (!_mm256_testz_si256(hit, hit)) break;
  }
  return tick_find_portable(values, i, count, wanted);
}
#define CHOOSE(wide, narrow) \
  if (__builtin_cpu_supports("avx2")) return wide; \
  return narrow
#else
#define CHOOSE(wide, narrow) return narrow
#endif

int64_t tick_greatest(const int64_t *values, size_t count) {
  CHOOSE(greatest(values, count), tick_greatest_portable(values, count));
}
int64_t tick_least(const int64_t *values, size_t count) {
  CHOOSE(least(values, count), tick_least_portable(values, count));
}
double tick_greatest_double(const double *values, size_t count) {
  CHOOSE(greatest_double(values, count), tick_greatest_double_portable(values, count));
}
double tick_least_double(const double *values, size_t count) {
  CHOOSE(least_double(values, count), tick_least_double_portable(values, count));
}
size_t tick_find(const int64_t *values, size_t first, size_t count, int64_t wanted) {
  CHOOSE(find(values, first, count, wanted), tick_find_portable(values, first, count, wanted));
}

void tick_mark_changes(const void *values, size_t count, size_t width, uint8_t *marks) {
  const uint8_t *bytes = values;
  // Neighbours are mostly equal for hundreds of rows, and memcmp is the fastest way to see it.
  const size_t stretch = 64;
  for (size_t first = 1; first < count; first += stretch) {
    size_t end = first + stretch < count ? first + stretch : count;
    if (memcmp(bytes + first * width, bytes + (first - 1) * width, (end - first) * width) == 0) continue;
    switch (width) {
      case 1:
        for (size_t i = first; i < end; i++) marks[i] |= bytes[i] != bytes[i - 1];
        break;
      case 2:
        for (size_t i = first; i < end; i++) marks[i] |= ((const uint16_t *)values)[i] != ((const uint16_t *)values)[i - 1];
        break;
      case 4:
        for (size_t i = first; i < end; i++) marks[i] |= ((const uint32_t *)values)[i] != ((const uint32_t *)values)[i - 1];
        break;
      case 8:
        for (size_t i = first; i < end; i++) marks[i] |= ((const uint64_t *)values)[i] != ((const uint64_t *)values)[i - 1];
        break;
      default:
        for (size_t i = first; i < end; i++) marks[i] |= memcmp(bytes + i * width, bytes + (i - 1) * width, width) != 0;
    }
  }
}
