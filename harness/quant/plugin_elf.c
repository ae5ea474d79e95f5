/* The ELF file of a plugin, read the way the dynamic linker reads it: program headers, dynamic section, hash table,
 * symbol. Section headers are not used (they may be stripped).
 *
 * Invariant: every number of the file is checked before it is used as a place; structs are copied out, never
 * pointed at, because a damaged file aligns nothing. Each loop is bounded by the file's size.
 *   span   bytes p[0..n) of the file
 * Source: System V ABI, chapters 4 and 5; the GNU hash section as in glibc's elf/dl-lookup.c.
 */
#include "quant/plugin_elf.h"

#include "base/err.h"

#include <elf.h>
#include <stdbool.h>
#include <string.h>

#define SYMBOL "qb_solver_v1"

enum { MAX_SEGMENTS = 64, HEAD_BYTES = 24 };

#if defined(__x86_64__)
enum { MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { MACHINE = EM_AARCH64 };
#elif defined(__riscv)
enum { MACHINE = EM_RISCV };
#elif defined(__powerpc64__)
enum { MACHINE = EM_PPC64 };
#else
#error "name this machine's ELF number here"
#endif
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
enum { BYTE_ORDER_WANTED = ELFDATA2LSB };
#else
enum { BYTE_ORDER_WANTED = ELFDATA2MSB };
#endif

typedef struct span {
    const uint8_t *p;
    uint64_t n;
} span;

typedef struct elf {
    span file;
    const char *path;
    Elf64_Phdr segments[MAX_SEGMENTS];
    int n_segments;
    span strings, symbols, hash, gnu_hash;
} elf;

/* Copies `size` bytes at `offset` out; false when they are not all there. */
static bool copy(span s, uint64_t offset, void *ret, size_t size)
{
    if (offset > s.n || size > s.n - offset)
        return false;
    memcpy(ret, s.p + offset, size);
    return true;
}

static int damaged(const elf *e, const char *what)
{
    return qb_err_set(QB_E_UNAVAILABLE, "%s: damaged shared object: %s", e->path, what);
}

/* The part of the file that is loaded at `address` and behind, up to the end of its segment. *ret_zeroes: bytes of
 * the segment behind that part, which are zero in memory and not in the file. */
static bool at_address(const elf *e, uint64_t address, span *ret, uint64_t *ret_zeroes)
{
    for (int i = 0; i < e->n_segments; i++) {
        const Elf64_Phdr *s = &e->segments[i];
        if (s->p_type != PT_LOAD || address < s->p_vaddr || address - s->p_vaddr >= s->p_memsz)
            continue;
        uint64_t into = address - s->p_vaddr;
        uint64_t in_file = into < s->p_filesz ? s->p_filesz - into : 0;
        *ret = (span){e->file.p + s->p_offset + (in_file > 0 ? into : 0), in_file};
        if (ret_zeroes)
            *ret_zeroes = s->p_memsz - into - in_file;
        return true;
    }
    return false;
}

static const char *machine_name(unsigned machine)
{
    switch (machine) {
    case EM_X86_64: return "x86-64";
    case EM_386: return "i386";
    case EM_AARCH64: return "aarch64";
    case EM_ARM: return "arm";
    case EM_RISCV: return "riscv";
    case EM_PPC64: return "ppc64";
    case EM_S390: return "s390";
    default: return "another machine";
    }
}

static const char *type_name(unsigned type)
{
    switch (type) {
    case ET_REL: return "an object file";
    case ET_EXEC: return "a program";
    case ET_CORE: return "a core dump";
    default: return "something else";
    }
}

static int read_header(elf *e, Elf64_Ehdr *h)
{
    if (e->file.n == 0)
        return qb_err_set(QB_E_UNAVAILABLE, "%s: expected a shared object (ELF), got an empty file", e->path);
    if (e->file.n < SELFMAG || memcmp(e->file.p, ELFMAG, SELFMAG) != 0)
        return qb_err_set(QB_E_UNAVAILABLE, "%s: expected a shared object (ELF), got a file of another kind", e->path);
    if (!copy(e->file, 0, h, sizeof *h))
        return qb_err_set(QB_E_UNAVAILABLE, "%s: cut short: an ELF header has %zu bytes, the file %llu", e->path,
                          sizeof *h, (unsigned long long)e->file.n);
    if (h->e_ident[EI_CLASS] != ELFCLASS64)
        return qb_err_set(QB_E_UNAVAILABLE, "%s: ELF class: expected 64-bit (%d), got %d", e->path, ELFCLASS64,
                          h->e_ident[EI_CLASS]);
    if (h->e_ident[EI_DATA] != BYTE_ORDER_WANTED)
        return qb_err_set(QB_E_UNAVAILABLE, "%s: ELF byte order: expected %d, got %d", e->path, BYTE_ORDER_WANTED,
                          h->e_ident[EI_DATA]);
    if (h->e_machine != MACHINE)
        return qb_err_set(QB_E_UNAVAILABLE, "%s: ELF machine: expected %s (%d), got %s (%d)", e->path,
                          machine_name(MACHINE), MACHINE, machine_name(h->e_machine), h->e_machine);
    if (h->e_type != ET_DYN) {
        qb_err_set(QB_E_UNAVAILABLE, "%s: ELF type: expected a shared object (%d), got %s (%d)", e->path, ET_DYN,
                   type_name(h->e_type), h->e_type);
        return qb_err_hint("link it with -shared");
    }
    return 0;
}

static int refuse_short(const elf *e, const char *what, uint64_t end)
{
    return qb_err_set(QB_E_UNAVAILABLE, "%s: cut short: %s at byte %llu, the file has %llu", e->path, what,
                      (unsigned long long)end, (unsigned long long)e->file.n);
}

/* Segments must lie in the file: what is mapped beyond its end kills the process at the first touch. */
static int read_segments(elf *e, const Elf64_Ehdr *h)
{
    uint64_t sections_end = h->e_shoff + (uint64_t)h->e_shnum * h->e_shentsize;
    if (h->e_shoff != 0 && (sections_end < h->e_shoff || sections_end > e->file.n))
        return refuse_short(e, "its section headers end", sections_end);
    if (h->e_phentsize != sizeof(Elf64_Phdr) || h->e_phnum == 0 || h->e_phnum > MAX_SEGMENTS)
        return damaged(e, "its program headers have a wrong size or number");
    for (int i = 0; i < h->e_phnum; i++) {
        Elf64_Phdr *s = &e->segments[i];
        if (h->e_phoff > e->file.n || !copy(e->file, h->e_phoff + (uint64_t)i * sizeof *s, s, sizeof *s))
            return refuse_short(e, "its program headers start", h->e_phoff);
        if (s->p_type != PT_LOAD && s->p_type != PT_DYNAMIC)
            continue;
        if (s->p_filesz > UINT64_MAX - s->p_offset || s->p_offset + s->p_filesz > e->file.n)
            return refuse_short(e, "a segment ends", s->p_offset + s->p_filesz);
        if (s->p_memsz < s->p_filesz || s->p_memsz > UINT64_MAX - s->p_vaddr)
            return damaged(e, "a segment's size in memory does not fit");
    }
    e->n_segments = h->e_phnum;
    return 0;
}

/* Text at `offset` of the string table, or NULL when it does not end inside. */
static const char *string_at(const elf *e, uint64_t offset)
{
    if (offset >= e->strings.n || !memchr(e->strings.p + offset, 0, e->strings.n - offset))
        return NULL;
    return (const char *)e->strings.p + offset;
}

/* A second OpenMP runtime in the process makes its own threads beside the engine's and may deadlock with them. */
static bool is_other_openmp(const char *library)
{
    return strncmp(library, "libomp.so", 9) == 0 || strncmp(library, "libomp5", 7) == 0 ||
           strncmp(library, "libiomp", 7) == 0;
}

static span dynamic_section(const elf *e)
{
    span dynamic = {NULL, 0};
    for (int i = 0; i < e->n_segments; i++)
        if (e->segments[i].p_type == PT_DYNAMIC)
            dynamic = (span){e->file.p + e->segments[i].p_offset, e->segments[i].p_filesz};
    return dynamic;
}

static int read_dynamic(elf *e)
{
    const span dynamic = dynamic_section(e);
    Elf64_Dyn d;
    uint64_t strings_size = 0, symbol_size = 0;
    for (uint64_t i = 0; copy(dynamic, i * sizeof d, &d, sizeof d) && d.d_tag != DT_NULL; i++) {
        span *table = d.d_tag == DT_STRTAB     ? &e->strings
                      : d.d_tag == DT_SYMTAB   ? &e->symbols
                      : d.d_tag == DT_HASH     ? &e->hash
                      : d.d_tag == DT_GNU_HASH ? &e->gnu_hash
                                               : NULL;
        if (table && !at_address(e, d.d_un.d_ptr, table, NULL))
            return damaged(e, "a table of its dynamic section lies outside its segments");
        if (d.d_tag == DT_STRSZ)
            strings_size = d.d_un.d_val;
        if (d.d_tag == DT_SYMENT)
            symbol_size = d.d_un.d_val;
        if (d.d_tag == DT_FLAGS_1 && (d.d_un.d_val & DF_1_PIE)) {
            qb_err_set(QB_E_UNAVAILABLE, "%s: ELF type: expected a shared object, got a program", e->path);
            return qb_err_hint("link it with -shared");
        }
    }
    if (e->strings.n == 0 || e->symbols.n == 0 || (e->hash.n == 0 && e->gnu_hash.n == 0))
        return damaged(e, "its dynamic section has no symbol, string or hash table");
    if (symbol_size != sizeof(Elf64_Sym) || strings_size > e->strings.n)
        return damaged(e, "its symbol or string table has a wrong size");
    e->strings.n = strings_size;

    for (uint64_t i = 0; copy(dynamic, i * sizeof d, &d, sizeof d) && d.d_tag != DT_NULL; i++) {
        const char *library = d.d_tag == DT_NEEDED ? string_at(e, d.d_un.d_val) : "";
        if (!library)
            return damaged(e, "the name of a library that it needs lies outside its string table");
        if (is_other_openmp(library)) {
            qb_err_set(QB_E_UNAVAILABLE, "%s: needs %s: expected no OpenMP runtime beside the program's libgomp",
                       e->path, library);
            return qb_err_hint("build it without -fopenmp; a solver starts no thread");
        }
    }
    return 0;
}

/* Is symbol `index` the one we want? Then it is in *ret. */
static bool symbol_is_ours(const elf *e, uint64_t index, Elf64_Sym *ret)
{
    if (!copy(e->symbols, index * sizeof *ret, ret, sizeof *ret))
        return false;
    const char *name = string_at(e, ret->st_name);
    return name && strcmp(name, SYMBOL) == 0 && ELF64_ST_BIND(ret->st_info) != STB_LOCAL;
}

static bool find_by_gnu_hash(const elf *e, Elf64_Sym *ret)
{
    struct {
        uint32_t n_buckets, first_symbol, bloom_words, bloom_shift;
    } h;
    if (!copy(e->gnu_hash, 0, &h, sizeof h) || h.n_buckets == 0)
        return false;
    uint32_t hash = 5381;
    for (const char *c = SYMBOL; *c; c++)
        hash = hash * 33 + (uint8_t)*c;
    uint64_t buckets = sizeof h + (uint64_t)h.bloom_words * 8, chains = buckets + (uint64_t)h.n_buckets * 4;
    uint32_t index, link;
    if (!copy(e->gnu_hash, buckets + (uint64_t)(hash % h.n_buckets) * 4, &index, 4) || index < h.first_symbol)
        return false; /* 0: an empty bucket */
    for (uint64_t i = index; copy(e->gnu_hash, chains + (i - h.first_symbol) * 4, &link, 4); i++) {
        if ((link | 1u) == (hash | 1u) && symbol_is_ours(e, i, ret))
            return true;
        if (link & 1u)
            return false; /* the last of its bucket */
    }
    return false;
}

static bool find_by_hash(const elf *e, Elf64_Sym *ret)
{
    struct {
        uint32_t n_buckets, n_chains;
    } h;
    if (!copy(e->hash, 0, &h, sizeof h) || h.n_buckets == 0)
        return false;
    uint32_t hash = 0;
    for (const char *c = SYMBOL; *c; c++) {
        hash = (hash << 4) + (uint8_t)*c;
        hash ^= (hash & 0xf0000000u) >> 24;
        hash &= 0x0fffffffu;
    }
    uint64_t chains = sizeof h + (uint64_t)h.n_buckets * 4, n_max = e->hash.n / 4;
    uint32_t index;
    bool there = copy(e->hash, sizeof h + (uint64_t)(hash % h.n_buckets) * 4, &index, 4);
    for (uint64_t i = 0; there && index != 0 && i < n_max; i++) { /* a damaged chain may be a ring */
        if (symbol_is_ours(e, index, ret))
            return true;
        there = copy(e->hash, chains + (uint64_t)index * 4, &index, 4);
    }
    return false;
}

static int read_symbol(const elf *e, qb_plugin_head *ret_head)
{
    Elf64_Sym s;
    if (!(e->gnu_hash.n > 0 ? find_by_gnu_hash(e, &s) : find_by_hash(e, &s))) {
        qb_err_set(QB_E_UNAVAILABLE, "%s: not a solver: expected a symbol '" SYMBOL "', found none", e->path);
        return qb_err_hint("define 'const qb_solver " SYMBOL " = {...}' with external linkage");
    }
    if (s.st_shndx == SHN_UNDEF)
        return qb_err_set(QB_E_UNAVAILABLE, "%s: " SYMBOL ": expected a definition, got an undefined symbol", e->path);
    if (ELF64_ST_TYPE(s.st_info) != STT_OBJECT)
        return qb_err_set(QB_E_UNAVAILABLE, "%s: " SYMBOL ": expected a data object, got %s", e->path,
                          ELF64_ST_TYPE(s.st_info) == STT_FUNC ? "a function" : "a symbol of another type");
    if (s.st_size < HEAD_BYTES)
        return qb_err_set(QB_E_UNAVAILABLE, "%s: " SYMBOL ": expected at least %d bytes, got %llu", e->path, HEAD_BYTES,
                          (unsigned long long)s.st_size);
    span data;
    uint64_t zeroes;
    if (!at_address(e, s.st_value, &data, &zeroes) || s.st_size > data.n + zeroes)
        return damaged(e, SYMBOL " lies outside its segments");

    uint32_t head[HEAD_BYTES / 4] = {0}; /* what the file does not hold is zero in memory */
    memcpy(head, data.p, data.n < HEAD_BYTES ? (size_t)data.n : (size_t)HEAD_BYTES);
    *ret_head = (qb_plugin_head){head[0], head[1], head[2], head[3], head[4], head[5], s.st_size};
    return 0;
}

int qb_plugin_elf_read(const void *bytes, size_t n, const char *path, qb_plugin_head *ret_head)
{
    elf e = {.file = {bytes, n}, .path = path};
    Elf64_Ehdr h;
    QB_TRY(read_header(&e, &h));
    QB_TRY(read_segments(&e, &h));
    QB_TRY(read_dynamic(&e));
    return read_symbol(&e, ret_head);
}

void qb_plugin_elf_needs(const void *bytes, size_t n, qb_plugin_elf_need each, void *context)
{
    elf e = {.file = {bytes, n}, .path = ""};
    Elf64_Ehdr h;
    Elf64_Dyn d;
    bool is_good = read_header(&e, &h) == 0 && read_segments(&e, &h) == 0 && read_dynamic(&e) == 0;
    QB_ASSERT(is_good);
    const span dynamic = dynamic_section(&e);
    const char *run_path = "";
    for (uint64_t i = 0; copy(dynamic, i * sizeof d, &d, sizeof d) && d.d_tag != DT_NULL; i++)
        if (d.d_tag == DT_RUNPATH || (d.d_tag == DT_RPATH && !run_path[0]))
            run_path = string_at(&e, d.d_un.d_val) ? string_at(&e, d.d_un.d_val) : "";
    for (uint64_t i = 0; copy(dynamic, i * sizeof d, &d, sizeof d) && d.d_tag != DT_NULL; i++)
        if (d.d_tag == DT_NEEDED)
            each(context, string_at(&e, d.d_un.d_val), run_path);
}
