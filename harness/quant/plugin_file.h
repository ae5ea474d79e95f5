/* A plugin's file: read once; what is checked, hashed and run are the same bytes, whatever happens to the file
 * afterwards. Private to the plugin loader.
 */
#ifndef QB_PLUGIN_FILE_H
#define QB_PLUGIN_FILE_H

#include "quant/plugin_elf.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct qb_plugin_file {
    char *bytes;
    size_t n;
    qb_plugin_head head;
    char sha256[65];
    bool may_use_openmp; /* it, or a library of its own */
} qb_plugin_file;

/* Everything that can be known without running code of the file. QB_E_NOINPUT, QB_E_UNAVAILABLE. */
int qb_plugin_file_read(const char *path, qb_plugin_file *ret_file);
void qb_plugin_file_finish(qb_plugin_file *f);

/* Loads a private copy of the bytes: its constructors run. What they changed of the process is put back and named in
 * `what`, "" for nothing (<base/process_state.h>). The copy lies in memory, open as descriptor for as long as the process
 * lives, so that a debugger finds it; libraries that the plugin looks for beside itself ($ORIGIN) are found there as before.
 * QB_E_UNAVAILABLE: the dynamic linker's reason; `path` is for the message and for $ORIGIN. */
int qb_plugin_file_load(const qb_plugin_file *f, const char *path, void **ret_library, char *what, size_t size);

/* Of a plugin that was refused after all: its destructors run. */
void qb_plugin_file_unload(void *library);

#endif
