// Packed numbers and scaled decimals back into 64-bit values: the inner loops of every scan. Both need variable shifts
// and 64-bit lanes, which the baseline instruction set lacks. Each has a portable twin with the same results.
#include "CTickKernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// How many numbers from `first` on, in eights, can be loaded with 8 bytes from the byte where they begin. Eight
// numbers of w bits take w bytes, so every eight begins at a whole byte.
static size_t whole_eights(size_t byte_count, unsigned width, size_t count) {
  size_t reach = (7 * width >> 3) + 8;
  if (byte_count < reach) return 0;
  size_t groups = (byte_count - reach) / width + 1;
  return groups < count / 8 ? groups : count / 8;
}

size_t tick_unpack_portable(const uint8_t *bytes, size_t byte_count, unsigned width, size_t count, uint64_t origin,
                            uint64_t *out) {
  if (width == 0 || width > 32) return 0;
  size_t eights = whole_eights(byte_count, width, count);
  uint64_t mask = (1ull << width) - 1;
  for (size_t i = 0; i < eights * 8; i++) {
    uint64_t word;
    memcpy(&word, bytes + (i * width >> 3), 8);
    out[i] = origin + (word >> (i * width & 7) & mask);
  }
  return eights * 8;
}

// Eight numbers of w bits take w bytes, so every eight begins at a whole byte and none is loaded past its own.
static uint64_t load_bytes(const uint8_t *bytes, unsigned count) {
  uint64_t word = 0;
  memcpy(&word, bytes, count);
  return word;
}

// How many eights there are.
static size_t whole_groups(size_t byte_count, unsigned width, size_t count) {
  return byte_count / width < count / 8 ? byte_count / width : count / 8;
}

static inline uint64_t load_eight(const uint8_t *bytes) {
  uint64_t word;
  memcpy(&word, bytes, 8);
  return word;
}

size_t tick_unpack_bytes_portable(const uint8_t *bytes, size_t byte_count, unsigned width, size_t count, uint8_t origin,
                                  uint8_t *out) {
  if (width == 0 || width > 8) return 0;
  unsigned mask = (1u << width) - 1;
  const size_t groups = whole_groups(byte_count, width, count);
  for (size_t group = 0; group < groups; group++) {
    uint64_t word = load_bytes(bytes + group * width, width);
    for (unsigned i = 0; i < 8; i++) out[group * 8 + i] = (uint8_t)(origin + (word >> i * width & mask));
  }
  return groups * 8;
}

void tick_quotients_portable(int64_t *numbers, size_t count, double power) {
  for (size_t i = 0; i < count; i++) {
    double quotient = (double)numbers[i] / power;
    memcpy(numbers + i, &quotient, 8);
  }
}

void tick_spread_portable(const uint64_t *values, const uint64_t *lengths, size_t runs, uint64_t *out) {
  for (size_t run = 0; run < runs; run++)
    for (uint64_t i = 0; i < lengths[run]; i++) *out++ = values[run];
}

#if defined(__x86_64__)
__attribute__((target("avx2"), always_inline)) static inline __m128i two_words(const uint8_t *first, const uint8_t *second) {
  long long upper;
  memcpy(&upper, second, 8);
  return _mm_insert_epi64(_mm_loadl_epi64((const __m128i *)first), upper, 1);
}

__attribute__((target("avx2"), always_inline)) static inline __m256i four_words(const uint8_t *p, const size_t *at) {
  __m128i low = two_words(p + at[0], p + at[1]);
  return _mm256_inserti128_si256(_mm256_castsi128_si256(low), two_words(p + at[2], p + at[3]), 1);
}

__attribute__((target("avx2"))) static size_t unpack_eights(
    const uint8_t *bytes, size_t byte_count, unsigned width, size_t count, uint64_t origin, uint64_t *out) {
  size_t eights = whole_eights(byte_count, width, count);
  size_t at[8];
  long long shift[8];
  for (unsigned j = 0; j < 8; j++) {
    at[j] = j * width >> 3;
    shift[j] = j * width & 7;
  }
  const __m256i shift_low = _mm256_loadu_si256((const __m256i *)shift);
  const __m256i shift_high = _mm256_loadu_si256((const __m256i *)(shift + 4));
  const __m256i mask = _mm256_set1_epi64x((1ll << width) - 1);
  const __m256i base = _mm256_set1_epi64x((long long)origin);
  for (size_t group = 0; group < eights; group++) {
    const uint8_t *p = bytes + group * width;
    __m256i low = _mm256_and_si256(_mm256_srlv_epi64(four_words(p, at), shift_low), mask);
    __m256i high = _mm256_and_si256(_mm256_srlv_epi64(four_words(p, at + 4), shift_high), mask);
    _mm256_storeu_si256((__m256i *)(out + group * 8), _mm256_add_epi64(low, base));
    _mm256_storeu_si256((__m256i *)(out + group * 8 + 4), _mm256_add_epi64(high, base));
  }
  return eights * 8;
}

__attribute__((target("bmi2"))) static size_t unpack_bytes(
    const uint8_t *bytes, size_t byte_count, unsigned width, size_t count, uint8_t origin, uint8_t *out) {
  const uint64_t lanes = 0x0101010101010101ull;
  const uint64_t mask = lanes * ((1u << width) - 1);
  const uint64_t low_bits = lanes * 0x7F, base = lanes * origin;
  const size_t groups = whole_groups(byte_count, width, count);
  // The last ones are loaded byte by byte: eight bytes from there on may lie past the end.
  const size_t loadable = groups * width < 8 ? 0 : (groups * width - 8) / width + 1;
  for (size_t group = 0; group < groups; group++) {
    uint64_t word = group < loadable ? load_eight(bytes + group * width) : load_bytes(bytes + group * width, width);
    uint64_t numbers = _pdep_u64(word, mask);
    // Eight sums of bytes at once: the low bits without carries into the next byte, the top bits apart.
    uint64_t sums = ((numbers & low_bits) + (base & low_bits)) ^ ((numbers ^ base) & ~low_bits);
    memcpy(out + group * 8, &sums, 8);
  }
  return groups * 8;
}

// The nearest double of any signed 64-bit number: the upper 48 bits become a multiple of 2^16 near 3 * 2^67, the lower
// 16 a number near 2^52, both exactly; taking the two away and adding the halves rounds once.
__attribute__((target("avx2"))) static void quotients_of_four(int64_t *numbers, size_t count, double power) {
  const __m256d powers = _mm256_set1_pd(power);
  const __m256i high_bits = _mm256_castpd_si256(_mm256_set1_pd(442721857769029238784.0));   // 3 * 2^67
  const __m256i low_bits = _mm256_castpd_si256(_mm256_set1_pd(4503599627370496.0));         // 2^52
  const __m256d both = _mm256_set1_pd(442726361368656609280.0);                             // 3 * 2^67 + 2^52
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    __m256i number = _mm256_loadu_si256((const __m256i *)(numbers + i));
    __m256i high = _mm256_blend_epi16(_mm256_srai_epi32(number, 16), _mm256_setzero_si256(), 0x33);
    __m256i low = _mm256_blend_epi16(number, low_bits, 0x88);
    __m256d upper = _mm256_sub_pd(_mm256_castsi256_pd(_mm256_add_epi64(high, high_bits)), both);
    __m256d value = _mm256_add_pd(upper, _mm256_castsi256_pd(low));
    _mm256_storeu_pd((double *)(numbers + i), _mm256_div_pd(value, powers));
  }
  tick_quotients_portable(numbers + i, count - i, power);
}

// Runs are short as a rule: sixteen stores without a branch, of which the next runs overwrite what is too much, beat a
// loop that the processor mispredicts.
__attribute__((target("avx2"))) static void spread(
    const uint64_t *values, const uint64_t *lengths, size_t runs, uint64_t *out, size_t count) {
  size_t position = 0;
  for (size_t run = 0; run < runs; run++) {
    uint64_t *place = out + position;
    uint64_t length = lengths[run];
    if (count - position < 16) {
      tick_spread_portable(values + run, lengths + run, runs - run, place);
      return;
    }
    __m256i value = _mm256_set1_epi64x((long long)values[run]);
    for (unsigned i = 0; i < 16; i += 4) _mm256_storeu_si256((__m256i *)(place + i), value);
    uint64_t i = 16;
    for (; i + 4 <= length; i += 4) _mm256_storeu_si256((__m256i *)(place + i), value);
    for (; i < length; i++) place[i] = values[run];
    position += length;
  }
}
#endif

void tick_spread(const uint64_t *values, const uint64_t *lengths, size_t runs, uint64_t *out, size_t count) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) {
    spread(values, lengths, runs, out, count);
    return;
  }
#endif
  tick_spread_portable(values, lengths, runs, out);
}

size_t tick_unpack(const uint8_t *bytes, size_t byte_count, unsigned width, size_t count, uint64_t origin, uint64_t *out) {
#if defined(__x86_64__)
  if (width > 0 && width <= 32 && __builtin_cpu_supports("avx2"))
    return unpack_eights(bytes, byte_count, width, count, origin, out);
#endif
  return tick_unpack_portable(bytes, byte_count, width, count, origin, out);
}

void tick_quotients(int64_t *numbers, size_t count, double power) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) {
    quotients_of_four(numbers, count, power);
    return;
  }
#endif
  tick_quotients_portable(numbers, count, power);
}

size_t tick_unpack_bytes(const uint8_t *bytes, size_t byte_count, unsigned width, size_t count, uint8_t origin,
                         uint8_t *out) {
#if defined(__x86_64__)
  if (width > 0 && width <= 8 && __builtin_cpu_supports("bmi2"))
    return unpack_bytes(bytes, byte_count, width, count, origin, out);
#endif
  return tick_unpack_bytes_portable(bytes, byte_count, width, count, origin, out);
}
