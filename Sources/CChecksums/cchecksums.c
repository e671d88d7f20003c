// CRC-32C by the SSE4.2 instruction, with a table for other processors.
#include "include/cchecksums.h"

#include <string.h>

static uint32_t table[256];

__attribute__((constructor)) static void fill_table(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
        table[byte] = crc;
    }
}

uint32_t cchecksums_crc32c_portable(uint32_t crc, const void *bytes, size_t count) {
    const uint8_t *p = bytes;
    crc = ~crc;
    while (count--) crc = crc >> 8 ^ table[(crc ^ *p++) & 0xff];
    return ~crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>

// The instruction gives a result every cycle but takes three for each. Three streams at once keep it
// busy; their results are joined by moving one over as many zero bytes as the next stream has.
enum { long_stream = 8192, short_stream = 256 };

// shift[k][v]: the state v << 8k after so many zero bytes. The state is linear, so parts add up.
static uint32_t long_shift[4][256], short_shift[4][256];

__attribute__((target("sse4.2"))) static void fill_shift(uint32_t shift[4][256], size_t count) {
    for (int place = 0; place < 4; place++) {
        for (unsigned value = 1; value < 256; value++) {
            unsigned rest = value & (value - 1);
            if (rest) {
                shift[place][value] = shift[place][rest] ^ shift[place][value ^ rest];
                continue;
            }
            uint64_t state = (uint32_t)value << 8 * place;
            for (size_t done = 0; done < count; done += 8) state = _mm_crc32_u64(state, 0);
            shift[place][value] = (uint32_t)state;
        }
    }
}

__attribute__((constructor)) static void fill_shifts(void) {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("sse4.2")) return;
    fill_shift(long_shift, long_stream);
    fill_shift(short_shift, short_stream);
}

static inline uint64_t shifted(uint32_t shift[4][256], uint64_t state) {
    return shift[0][state & 0xff] ^ shift[1][state >> 8 & 0xff] ^ shift[2][state >> 16 & 0xff] ^
           shift[3][state >> 24 & 0xff];
}

static inline uint64_t word(const uint8_t *p) {
    uint64_t word;
    memcpy(&word, p, 8);
    return word;
}

// Three streams of `count` bytes each, a multiple of eight, that lie behind each other at `p`.
__attribute__((target("sse4.2"))) static inline uint64_t three(uint64_t state, const uint8_t *p,
                                                               size_t count,
                                                               uint32_t shift[4][256]) {
    uint64_t second = 0, third = 0;
    for (const uint8_t *end = p + count; p < end; p += 8) {
        state = _mm_crc32_u64(state, word(p));
        second = _mm_crc32_u64(second, word(p + count));
        third = _mm_crc32_u64(third, word(p + 2 * count));
    }
    return shifted(shift, shifted(shift, state) ^ second) ^ third;
}

__attribute__((target("sse4.2"))) static uint32_t hardware(uint32_t crc, const uint8_t *p,
                                                           size_t count) {
    uint64_t state = (uint32_t)~crc;
    for (; count >= 3 * long_stream; count -= 3 * long_stream, p += 3 * long_stream)
        state = three(state, p, long_stream, long_shift);
    for (; count >= 3 * short_stream; count -= 3 * short_stream, p += 3 * short_stream)
        state = three(state, p, short_stream, short_shift);
    for (; count >= 8; count -= 8, p += 8) state = _mm_crc32_u64(state, word(p));
    uint32_t rest = (uint32_t)state;
    while (count--) rest = _mm_crc32_u8(rest, *p++);
    return ~rest;
}

uint32_t cchecksums_crc32c(uint32_t crc, const void *bytes, size_t count) {
    return __builtin_cpu_supports("sse4.2") ? hardware(crc, bytes, count)
                                            : cchecksums_crc32c_portable(crc, bytes, count);
}
#else
uint32_t cchecksums_crc32c(uint32_t crc, const void *bytes, size_t count) {
    return cchecksums_crc32c_portable(crc, bytes, count);
}
#endif
