/* Commands as a user types them, with the exit status and the words that they must have. */
#ifndef EXPECT_FIXTURE_H
#define EXPECT_FIXTURE_H

#include "program_fixture.h"

#include "base/json.h"

#include <string.h>

/* A file of the folder. */
static inline void write_file(const char *name, const char *text)
{
    char *path = qb_path_join(folder, name);
    ck_assert_int_eq(qb_fs_write_atomic(path, text, strlen(text)), 0);
    qb_free(path);
}

/* Runs shell commands (see shell) and looks for parts of what they write; "" is in everything. Not inline: the compiler
 * would warn of texts that cannot be NULL. */
static __attribute__((noinline, unused)) void expect(const char *command, int status, const char *in_out, const char *in_err)
{
    outcome o = shell(command);
    ck_assert_msg(o.status == status, "%s: %d: %s", command, o.status, o.err);
    ck_assert_msg(strstr(o.out, in_out), "%s: expected '%s' in its output, got: %s", command, in_out, o.out);
    ck_assert_msg(strstr(o.err, in_err), "%s: expected '%s' in its messages, got: %s", command, in_err, o.err);
    forget(&o);
}

/* The JSON that commands write to their output. */
static __attribute__((unused)) json_t *shell_json(const char *commands)
{
    outcome o = shell(commands);
    ck_assert_msg(o.status == 0, "%s: exit status %d: %s", commands, o.status, o.err);
    json_t *object;
    ck_assert_int_eq(qb_json_parse(o.out, strlen(o.out), "stdout", &object), 0);
    forget(&o);
    return object;
}

static inline double number(const json_t *o, const char *key)
{
    ck_assert_msg(json_is_number(json_object_get(o, key)), "no number %s", key);
    return json_number_value(json_object_get(o, key));
}

#endif
