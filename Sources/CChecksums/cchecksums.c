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

__attribute__((target("sse4.2"))) static uint32_t hardware(uint32_t crc, const uint8_t *p,
                                                           size_t count) {
    uint64_t state = ~crc;
    for (; count >= 8; count -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        state = _mm_crc32_u64(state, word);
    }
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
