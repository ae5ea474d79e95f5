/* Before a function whose loops over pixels the compiler turns into vector code: it is compiled for AVX2 and for any x86-64,
 * and the CPU decides once, when the program is loaded. Results are the same with each: whole numbers, or floating point
 * that c11 forbids to fuse.
 */
#ifndef QB_IMAGE_CLONES_H
#define QB_IMAGE_CLONES_H

#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define QB_IMAGE_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define QB_IMAGE_CLONES
#endif

#endif
