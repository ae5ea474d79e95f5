#include "train/eval.h"

#include "base/err.h"

int qb_evaluate(qb_net *net, qb_loader *loader, const float *slab, bool (*must_stop)(const void *context), const void *context,
                qb_eval_result *ret_result)
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
