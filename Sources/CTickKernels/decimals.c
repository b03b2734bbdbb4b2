// Doubles that are images of decimals, as whole numbers of their last digit. Sums of prices and sizes stand or fall
// with this loop, and four lanes of doubles are what the baseline instruction set lacks.
//
// A double is the image of n / power, for |n| < 10^15, exactly when n is its product with the power, rounded, and n /
// power gives it back. Both variants do these steps in IEEE double arithmetic and agree on every input.
#include "CTickKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// 1.5 * 2^52: adding it rounds to a whole number, which then stands in the low bits.
static const double shift = 6755399441055744.0;
static const double limit = 1e15;

size_t tick_whole_numbers_portable(const double *values, size_t count, double power, int64_t *numbers) {
  int64_t base;
  __builtin_memcpy(&base, &shift, 8);
  for (size_t i = 0; i < count; i++) {
    double shifted = values[i] * power + shift;
    double rounded = shifted - shift;
    // Also false for NaN.
    if (!(rounded / power == values[i] && rounded < limit && rounded > -limit)) return i;
    int64_t bits;
    __builtin_memcpy(&bits, &shifted, 8);
    numbers[i] = (int64_t)((uint64_t)bits - (uint64_t)base);
  }
  return count;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static size_t four_lanes(const double *values, size_t count, double power, int64_t *numbers) {
  const __m256d powers = _mm256_set1_pd(power), shifts = _mm256_set1_pd(shift);
  const __m256d highest = _mm256_set1_pd(limit), lowest = _mm256_set1_pd(-limit);
  const __m256i base = _mm256_castpd_si256(shifts);
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    __m256d value = _mm256_loadu_pd(values + i);
    __m256d shifted = _mm256_add_pd(_mm256_mul_pd(value, powers), shifts);
    __m256d rounded = _mm256_sub_pd(shifted, shifts);
    __m256d same = _mm256_cmp_pd(_mm256_div_pd(rounded, powers), value, _CMP_EQ_OQ);
    __m256d inside = _mm256_and_pd(_mm256_cmp_pd(rounded, highest, _CMP_LT_OQ), _mm256_cmp_pd(rounded, lowest, _CMP_GT_OQ));
    if (_mm256_movemask_pd(_mm256_and_pd(same, inside)) != 15) break;
    _mm256_storeu_si256((__m256i *)(numbers + i), _mm256_sub_epi64(_mm256_castpd_si256(shifted), base));
  }
  return i + tick_whole_numbers_portable(values + i, count - i, power, numbers + i);
}
#endif

size_t tick_whole_numbers(const double *values, size_t count, double power, int64_t *numbers) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return four_lanes(values, count, power, numbers);
#endif
  return tick_whole_numbers_portable(values, count, power, numbers);
}
