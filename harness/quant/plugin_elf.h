/* A look into a plugin's file before any of its code can run: is it a shared object for this machine that defines
 * qb_solver_v1 as data, and what do the first members of that say? Nothing is mapped for execution, no constructor
 * runs; any bytes are accepted, and refused with a reason.
 */
#ifndef QB_PLUGIN_ELF_H
#define QB_PLUGIN_ELF_H

#include <stddef.h>
#include <stdint.h>

/* The head of a qb_solver: its first six members, as they stand in the file. */
typedef struct qb_plugin_head {
    uint32_t abi_major, abi_minor, size, option_size, caps, traits;
    uint64_t symbol_bytes; /* size of the symbol itself, by the symbol table */
} qb_plugin_head;

/* bytes[n]: the whole file. `path` is for the message. QB_E_UNAVAILABLE: not a shared object of this machine, cut
 * short, damaged, without the symbol, or linked with another OpenMP runtime than the program's. */
int qb_plugin_elf_read(const void *bytes, size_t n, const char *path, qb_plugin_head *ret_head);

/* Of a file that qb_plugin_elf_read accepts: `each` gets the libraries that it needs, one after the other, and its run
 * path ("" for none). The texts lie in `bytes`. */
typedef void (*qb_plugin_elf_need)(void *context, const char *library, const char *run_path);
void qb_plugin_elf_needs(const void *bytes, size_t n, qb_plugin_elf_need each, void *context);

#endif
