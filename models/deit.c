/* DeiT: vision transformers in timm's form, for any image size that the patch divides.
 *
 * Patches become tokens, a class token is put in front, pre-norm blocks of attention and MLP follow, and the class token is
 * normalized and classified. (The class token is picked before the last norm: a norm of tokens that nobody reads is no work.)
 * Invariant: parameters are registered in timm's order. Quantized are the linear layers of the blocks; patch embedding and
 * head are not.
 * Source: Touvron et al. 2021; timm's vision_transformer.
 */
#include "models/build.h"

#include "base/err.h"

#include <stdio.h>
#include <string.h>

enum { MAX_NAME = 64, MLP_RATIO = 4 };

typedef struct form {
    const char *name;
    int patch, width, heads;
} form;

static const form forms[] = {
    {"deit_tiny", 16, 192, 3}, {"deit_small", 16, 384, 6}, {"deit_base", 16, 768, 12}, {"deit_cifar", 4, 192, 3},
};

static const form *form_of(const char *name)
{
    size_t i = 0;
    while (i < sizeof forms / sizeof *forms && strcmp(forms[i].name, name) != 0)
        i++;
    QB_ASSERT(i < sizeof forms / sizeof *forms);
    return &forms[i];
}

typedef struct block {
    qb_graph *g;
    const form *form;
    int index;
    double drop_share; /* of the net's rate: it grows with the depth, from 0 to 1 */
} block;

/* Name of a part of a block; valid until the next call with the same buffer. */
static const char *part(const block *b, const char *local_name, char name[MAX_NAME])
{
    snprintf(name, MAX_NAME, "blocks.%d.%s", b->index, local_name);
    return name;
}

static qb_ref attention(const block *b, qb_ref x)
{
    char name[MAX_NAME];
    qb_ref y = qb_graph_layernorm(b->g, x, part(b, "norm1", name));
    y = qb_graph_token_linear(b->g, y, part(b, "attn.qkv", name), 3 * b->form->width, QB_INIT_TRUNC_NORMAL, QB_QUANTIZED);
    y = qb_graph_attention(b->g, y, part(b, "attn", name), b->form->heads);
    return qb_graph_token_branch(b->g, y, part(b, "attn.proj", name), x, b->drop_share, QB_INIT_TRUNC_NORMAL, QB_QUANTIZED);
}

static qb_ref mlp(const block *b, qb_ref x)
{
    char name[MAX_NAME];
    qb_ref y = qb_graph_layernorm(b->g, x, part(b, "norm2", name));
    y = qb_graph_token_linear(b->g, y, part(b, "mlp.fc1", name), MLP_RATIO * b->form->width, QB_INIT_TRUNC_NORMAL, QB_QUANTIZED);
    y = qb_graph_gelu(b->g, y, part(b, "mlp.act", name));
    return qb_graph_token_branch(b->g, y, part(b, "mlp.fc2", name), x, b->drop_share, QB_INIT_TRUNC_NORMAL, QB_QUANTIZED);
}

int qb_deit_build(const qb_model *model, qb_graph *g, int n_classes)
{
    const form *f = form_of(model->name);
    qb_shape in = qb_graph_input_shape(g);
    if (in.h % f->patch != 0 || in.w % f->patch != 0)
        return qb_err_set(QB_E_CONFIG, "expected images whose height and width %d divides, got %lldx%lld", f->patch, (long long)in.h,
                          (long long)in.w);
    int tokens = (int)(in.h / f->patch * (in.w / f->patch)) + 1;
    size_t embedding = qb_graph_declare_embedding(g, tokens, f->width);
    qb_ref x = qb_graph_conv(g, qb_graph_input(g), "patch_embed.proj", f->width, f->patch, f->patch, 0, true, QB_INIT_UNIFORM_FAN_IN,
                             QB_FLOAT);
    x = qb_graph_embed(g, x, embedding);
    for (int i = 0; i < model->depth; i++) {
        const block b = {.g = g, .form = f, .index = i, .drop_share = (double)i / (model->depth - 1)};
        x = mlp(&b, attention(&b, x));
    }
    x = qb_graph_layernorm(g, qb_graph_class_token(g, x), "norm");
    x = qb_graph_linear(g, x, "head", n_classes, QB_INIT_TRUNC_NORMAL, QB_INIT_ZERO, QB_FLOAT);
    return qb_graph_finish(g, x);
}
