#include "train/eval.h"

#include "base/err.h"
#include "base/mem.h"

#include <string.h>

/* n: samples at most. */
static int reserve(qb_eval_outputs *o, int64_t n)
{
    o->logits = qb_alloc((size_t)n * (size_t)o->n_classes, sizeof *o->logits);
    o->labels = qb_alloc((size_t)n, sizeof *o->labels);
    o->index = qb_alloc((size_t)n, sizeof *o->index);
    return o->logits && o->labels && o->index ? QB_OK : QB_E_NOMEM;
}

static void keep(const qb_net *net, const qb_batch *batch, qb_eval_outputs *o)
{
    const size_t n_classes = (size_t)o->n_classes;
    memcpy(o->logits + (size_t)o->n * n_classes, qb_net_logits(net), (size_t)batch->n * n_classes * sizeof *o->logits);
    for (int i = 0; i < batch->n; i++, o->n++) {
        const size_t at = qb_batch_position(batch, i);
        o->labels[o->n] = batch->targets[at].label[0];
        o->index[o->n] = batch->samples[at];
    }
}

static int evaluate(qb_net *net, qb_loader *loader, const float *slab, bool (*must_stop)(const void *context),
                    const void *context, qb_eval_result *ret_result, qb_eval_outputs *outputs)
{
    double loss = 0;
    int64_t n = 0, correct = 0, correct5 = 0;
    int rc = qb_loader_seek(loader, 0, 0);
    qb_net_use_weights(net, slab);
    for (int64_t i = 0; rc == 0 && i < qb_loader_batches_per_epoch(loader); i++) {
        qb_batch batch;
        qb_loss batch_loss;
        if (must_stop && must_stop(context))
            rc = qb_err_set(QB_E_STOPPED, "stopped on request");
        if (rc == 0)
            rc = qb_loader_next(loader, &batch);
        if (rc == 0)
            rc = qb_net_forward(net, &batch, QB_EVAL);
        if (rc == 0 && outputs && i == 0) /* the first batch is the largest */
            rc = reserve(outputs, batch.n * qb_loader_batches_per_epoch(loader));
        if (rc == 0 && outputs)
            keep(net, &batch, outputs);
        if (rc < 0)
            break;
        qb_net_loss(net, &batch, &batch_loss);
        loss += batch_loss.sum;
        n += batch_loss.n;
        correct += batch_loss.correct;
        correct5 += batch_loss.correct5;
    }
    qb_net_use_weights(net, NULL);
    QB_TRY(rc);
    *ret_result = (qb_eval_result){.loss = loss / (double)n, .top1 = 100.0 * (double)correct / (double)n,
                                   .top5 = 100.0 * (double)correct5 / (double)n};
    return QB_OK;
}

int qb_evaluate(qb_net *net, qb_loader *loader, const float *slab, bool (*must_stop)(const void *context), const void *context,
                qb_eval_result *ret_result, qb_eval_outputs *ret_outputs)
{
    qb_eval_outputs outputs = {.n_classes = qb_net_n_classes(net)};
    int rc = evaluate(net, loader, slab, must_stop, context, ret_result, ret_outputs ? &outputs : NULL);
    if (rc < 0)
        qb_eval_outputs_finish(&outputs);
    else if (ret_outputs)
        *ret_outputs = outputs;
    return rc;
}

void qb_eval_outputs_finish(qb_eval_outputs *o)
{
    qb_free(o->logits);
    qb_free(o->labels);
    qb_free(o->index);
    *o = (qb_eval_outputs){0};
}
