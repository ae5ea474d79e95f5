/* A small, strict reader of YAML (libyaml): mappings, sequences, plain and quoted scalars, each with its
 * line and column. Everything that could surprise is an error with FILE:LINE:COLUMN (QB_E_CONFIG):
 * tabs, anchors, aliases, tags, duplicate keys, several documents, non-scalar keys, nesting deeper than 8,
 * an empty file, bytes that are not UTF-8, files over 1 MiB.
 */
#ifndef QB_YAML_H
#define QB_YAML_H

#include <stdbool.h>
#include <stddef.h>

typedef enum qb_yaml_kind { QB_YAML_SCALAR = 1, QB_YAML_SEQUENCE, QB_YAML_MAPPING } qb_yaml_kind;

typedef struct qb_yaml_node {
    qb_yaml_kind kind;
    int line, column;            /* from 1 */
    char *text;                  /* SCALAR */
    bool is_quoted;              /* SCALAR: it stands in quotes, or is a block of text */
    struct qb_yaml_node **items; /* SEQUENCE: elements; MAPPING: values */
    struct qb_yaml_node **keys;  /* MAPPING: scalars */
    size_t n;
} qb_yaml_node;

int qb_yaml_read(const char *path, qb_yaml_node **ret_root); /* the text of a file */
int qb_yaml_read_text(const char *path, qb_yaml_node **ret_root, char **ret_text, size_t *ret_n); /* which the caller gets, and frees */
int qb_yaml_parse(const char *text, size_t n, const char *name_for_errors, qb_yaml_node **ret_root);
void qb_yaml_destroy(qb_yaml_node *root);

/* A plain scalar that YAML reads as null: ~, null, Null, NULL, or nothing. */
bool qb_yaml_is_null(const qb_yaml_node *node);

/* Value of a key, or NULL. */
const qb_yaml_node *qb_yaml_get(const qb_yaml_node *mapping, const char *key);

/* qb_err_set(QB_E_CONFIG, "FILE:LINE:COL: ...") for the place of a node. Returns the code. */
int qb_yaml_error(const char *file, const qb_yaml_node *at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
