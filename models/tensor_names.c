/* Hugging Face's names of vision transformers (ViTForImageClassification, DeiTForImageClassification), and timm's for the
 * same tensors. '#' is the number of a block. Query, key and value are three tensors there, and one after the other in ours. */
#include "models/tensor_names.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *const prefixes[] = {"vit.", "deit."}; /* of all but the classifier */

static const struct {
    const char *theirs, *ours; /* a name that ends in a dot begins the names of weight and bias */
    int part, n_parts;
} names[] = {
    {"embeddings.cls_token", "cls_token", 0, 1},
    {"embeddings.position_embeddings", "pos_embed", 0, 1},
    {"embeddings.distillation_token", "dist_token", 0, 1},
    {"embeddings.patch_embeddings.projection.", "patch_embed.proj.", 0, 1},
    {"encoder.layer.#.layernorm_before.", "blocks.#.norm1.", 0, 1},
    {"encoder.layer.#.attention.attention.query.", "blocks.#.attn.qkv.", 0, 3},
    {"encoder.layer.#.attention.attention.key.", "blocks.#.attn.qkv.", 1, 3},
    {"encoder.layer.#.attention.attention.value.", "blocks.#.attn.qkv.", 2, 3},
    {"encoder.layer.#.attention.output.dense.", "blocks.#.attn.proj.", 0, 1},
    {"encoder.layer.#.layernorm_after.", "blocks.#.norm2.", 0, 1},
    {"encoder.layer.#.intermediate.dense.", "blocks.#.mlp.fc1.", 0, 1},
    {"encoder.layer.#.output.dense.", "blocks.#.mlp.fc2.", 0, 1},
    {"layernorm.", "norm.", 0, 1},
};
static const char classifier[] = "classifier.", our_classifier[] = "head.";

static const char *behind(const char *text, const char *beginning)
{
    size_t n = strlen(beginning);
    return strncmp(text, beginning, n) == 0 ? text + n : NULL;
}

static const char *behind_prefix(const char *name)
{
    const char *rest = NULL;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes && !rest; i++)
        rest = behind(name, prefixes[i]);
    return rest;
}

bool qb_tensor_name_is_foreign(const char *name)
{
    return behind_prefix(name) != NULL;
}

/* What is left of `name` behind the pattern, and the digits that stand for '#'; NULL: another name. */
static const char *match(const char *name, const char *pattern, const char **ret_number, int *ret_digits)
{
    for (; *pattern; pattern++) {
        if (*pattern != '#') {
            if (*name++ != *pattern)
                return NULL;
            continue;
        }
        *ret_number = name;
        while (isdigit((unsigned char)*name))
            name++;
        *ret_digits = (int)(name - *ret_number);
        if (*ret_digits == 0)
            return NULL;
    }
    return name;
}

/* Our pattern with the number of the block and the suffix; false: it does not fit. */
static bool write_name(const char *pattern, const char *number, int digits, const char *suffix, char ours[QB_MAX_TENSOR_NAME])
{
    const char *mark = strchr(pattern, '#');
    int n = mark ? snprintf(ours, QB_MAX_TENSOR_NAME, "%.*s%.*s%s%s", (int)(mark - pattern), pattern, digits, number, mark + 1, suffix)
                 : snprintf(ours, QB_MAX_TENSOR_NAME, "%s%s", pattern, suffix);
    return n < QB_MAX_TENSOR_NAME;
}

bool qb_tensor_name_translate(const char *theirs, qb_tensor_name *ret_name)
{
    const char *rest = behind_prefix(theirs), *suffix = behind(theirs, classifier), *number = "";
    int digits = 0;
    ret_name->part = 0;
    ret_name->n_parts = 1;
    if (suffix)
        return write_name(our_classifier, number, digits, suffix, ret_name->ours);
    for (size_t i = 0; rest && i < sizeof names / sizeof *names; i++) {
        suffix = match(rest, names[i].theirs, &number, &digits);
        if (!suffix || (*suffix != '\0' && names[i].theirs[strlen(names[i].theirs) - 1] != '.'))
            continue;
        ret_name->part = names[i].part;
        ret_name->n_parts = names[i].n_parts;
        return write_name(names[i].ours, number, digits, suffix, ret_name->ours);
    }
    return false;
}
