#!/usr/bin/env python3
"""compare_accuracy.py: test accuracy of deit_cifar in qatbench against PyTorch for the same recipe, over several seeds.

Each seed is trained once in PyTorch and once by `qatbench train`: the network of compare_pytorch.py from its own random
start, AdamW (0.9, 0.99), linear warm-up and cosine by the step, the first images of the binary files flipped, padded and cropped,
full precision or PARQ (its authors' own code, torchao) with greedy LSBQ. What is compared are the means over the seeds of
the top-1 on the test set after the last epoch; the two share no random number, so single seeds differ.

    torch/bin/python scripts/compare_accuracy.py --data-dir DATA
    torch/bin/python scripts/compare_accuracy.py --data-dir DATA --bits 2
"""
import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # no __pycache__ in the checkout
from compare_pytorch import make_net  # noqa: E402

MODEL = 'deit_cifar'
MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
SIDE, PAD, N_TRAIN, N_TEST = 32, 4, 50000, 10000


# ---- PyTorch ----

def read_records(paths, n, torch, np):
    """The first n records: images (n, 3, 32, 32) of bytes, and labels."""
    records = np.concatenate([np.fromfile(p, np.uint8).reshape(-1, 1 + 3 * SIDE * SIDE) for p in paths])[:n]
    return (torch.from_numpy(records[:, 1:].reshape(-1, 3, SIDE, SIDE).copy()),
            torch.from_numpy(records[:, 0].astype(np.int64)))


def find_data(folder):
    for place in folder, os.path.join(folder, 'cifar-10-batches-bin'):
        if os.path.exists(os.path.join(place, 'test_batch.bin')):
            return place
    sys.exit(f'compare_accuracy.py: {folder} has no test_batch.bin of CIFAR-10 in its binary form')


def augment(images, torch):
    """Flips half of the images, pads with zeros, and cuts a window of the old size out of each."""
    n = images.shape[0]
    flip = torch.rand(n) < 0.5
    images[flip] = images[flip].flip(3)
    padded = torch.zeros(n, 3, SIDE + 2 * PAD, SIDE + 2 * PAD, dtype=images.dtype)
    padded[:, :, PAD:-PAD, PAD:-PAD] = images
    for i, (y, x) in enumerate(torch.randint(2 * PAD + 1, (n, 2)).tolist()):
        images[i] = padded[i, :, y:y + SIDE, x:x + SIDE]
    return images


def rate(a, epoch):
    """Linear from a thousandth of lr over the warm-up, then half a cosine to 0."""
    if epoch < a.warmup:
        return a.lr * (0.001 + 0.999 * epoch / a.warmup)
    return a.lr * (1 + math.cos(math.pi * (epoch - a.warmup) / (a.epochs - a.warmup))) / 2


def make_optimizer(a, net, steps_per_epoch, torch):
    groups = {'quant': [], 'decay': [], 'no_decay': []}
    for name, p in net.named_parameters():
        if a.bits is not None and name.startswith('blocks.') and p.dim() > 1:
            groups['quant'].append(p)
        else:
            groups['decay' if name.endswith('weight') else 'no_decay'].append(p)
    sets = [{'params': groups['decay']}, {'params': groups['no_decay'], 'weight_decay': 0.0}]
    if a.bits is not None:
        sets.insert(0, {'params': groups['quant'], 'quant_bits': a.bits})
    base = torch.optim.AdamW(sets, lr=a.lr, betas=(0.9, 0.99), weight_decay=a.weight_decay)
    if a.bits is None:
        return base
    from torchao.prototype.parq import LSBQuantizer, ProxPARQ, QuantOptimizer
    prox = ProxPARQ(anneal_start=0, anneal_end=a.anneal_end * steps_per_epoch, steepness=a.steepness)
    return QuantOptimizer(base, LSBQuantizer(), prox, quant_period=a.quant_period, quant_per_channel=a.granularity == 'row')


def train_pytorch(a, seed):
    import numpy as np
    import torch
    from torch.nn import functional as F
    torch.set_num_threads(a.threads)
    torch.manual_seed(seed)
    folder = find_data(a.data_dir)
    train, labels = read_records([os.path.join(folder, f'data_batch_{i}.bin') for i in range(1, 6)], a.train_limit, torch, np)
    test, test_labels = read_records([os.path.join(folder, 'test_batch.bin')], a.test_limit, torch, np)
    mean, std = torch.tensor(MEAN).view(3, 1, 1), torch.tensor(STD).view(3, 1, 1)

    def normalize(images):
        return (images.float() / 255 - mean) / std

    net = make_net(MODEL)
    steps_per_epoch = -(-len(train) // a.batch)
    optimizer = make_optimizer(a, net, steps_per_epoch, torch)
    for step in range(a.epochs * steps_per_epoch):
        if step % steps_per_epoch == 0:
            order = torch.randperm(len(train))
        chosen = order[step % steps_per_epoch * a.batch:][:a.batch]
        for group in optimizer.param_groups:
            group['lr'] = rate(a, step / steps_per_epoch)
        loss = F.cross_entropy(net(normalize(augment(train[chosen], torch))), labels[chosen], label_smoothing=a.label_smoothing)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(normalize(x)).argmax(1) == y).sum().item() for x, y in zip(test.split(500), test_labels.split(500)))
    return 100 * right / len(test)


# ---- qatbench ----

def train_qatbench(a, seed, runs_dir):
    keys = {'model': MODEL, 'dataset': 'cifar10', 'data-dir': a.data_dir, 'train-limit': a.train_limit,
            'test-limit': a.test_limit, 'epochs': a.epochs, 'batch': a.batch, 'optimizer': 'adamw', 'beta2': 0.99,
            'lr': a.lr, 'weight-decay': a.weight_decay, 'label-smoothing': a.label_smoothing,
            'lr-schedule': f'cosine[warmup={a.warmup:g},per=step]', 'eval-every': a.epochs, 'threads': a.threads,
            'seed': seed, 'runs-dir': runs_dir}
    if a.bits is not None:
        keys.update({'solver': f'parq[steepness={a.steepness:g}]', 'bits': a.bits or 'ternary', 'granularity': a.granularity,
                     'quant-period': a.quant_period, 'anneal-end': f'{a.anneal_end}ep'})
    args = [text for key, value in keys.items() for text in (f'--{key}', str(value))]
    run = subprocess.run([a.qatbench, 'train', *args, '--json'], capture_output=True, text=True)
    if run.returncode:
        sys.exit(f'compare_accuracy.py: {a.qatbench} train {" ".join(args)} failed:\n{run.stderr}')
    return json.loads(run.stdout)['test_top1']


# ---- the comparison ----

def compare(a):
    what = 'full precision' if a.bits is None else f'PARQ {a.bits or "ternary"} bits per {a.granularity}'
    say = (lambda text: print(text, file=sys.stderr, flush=True)) if a.json else (lambda text: print(text, flush=True))
    say(f'{MODEL}, {a.epochs} epochs of {a.train_limit} images, lr {a.lr:g}, {what}; test top-1, %\n'
        f'{"seed":>6}{"PyTorch":>10}{"qatbench":>10}')
    theirs, ours = [], []
    with tempfile.TemporaryDirectory() as runs_dir:
        for seed in a.seeds:
            begin = time.time()
            theirs.append(train_pytorch(a, seed))
            middle = time.time()
            ours.append(train_qatbench(a, seed, runs_dir))
            say(f'{seed:>6}{theirs[-1]:10.2f}{ours[-1]:10.2f}   ({middle - begin:.0f} and {time.time() - middle:.0f} s)')
    difference = statistics.mean(ours) - statistics.mean(theirs)
    say(f'{"mean":>6}{statistics.mean(theirs):10.2f}{statistics.mean(ours):10.2f}   difference {difference:+.2f}')
    if a.json:
        print(json.dumps({'model': MODEL, 'bits': a.bits, 'seeds': a.seeds, 'pytorch_top1': theirs, 'qatbench_top1': ours,
                          'difference': difference}))


def main():
    p = argparse.ArgumentParser(description='test accuracy of qatbench against PyTorch for the same recipe')
    p.add_argument('--data-dir', required=True, help='folder of CIFAR-10 in its binary form, or its parent')
    p.add_argument('--bits', type=int, help='PARQ at this width, 0: ternary (default: full precision)')
    p.add_argument('--granularity', choices=('tensor', 'row'), default='row')
    p.add_argument('--quant-period', type=int, default=10)
    p.add_argument('--steepness', type=float, default=10)
    p.add_argument('--anneal-end', type=int, help='epoch (default: the last but one)')
    p.add_argument('--seeds', type=lambda text: [int(s) for s in text.split(',')], default=[1, 2, 3])
    p.add_argument('--epochs', type=int, default=5)
    p.add_argument('--train-limit', type=int, default=10000)
    p.add_argument('--test-limit', type=int, default=N_TEST)
    p.add_argument('--batch', type=int, default=64)
    p.add_argument('--lr', type=float, default=0.001)
    p.add_argument('--weight-decay', type=float, default=0.05)
    p.add_argument('--warmup', type=float, default=1, help='epochs')
    p.add_argument('--label-smoothing', type=float, default=0)
    p.add_argument('--threads', type=int, default=1)
    p.add_argument('--qatbench', default='build/qatbench', help='the program (default build/qatbench)')
    p.add_argument('--json', action='store_true', help='one JSON object on standard output')
    a = p.parse_args()
    if a.anneal_end is None:
        a.anneal_end = max(1, a.epochs - 1)
    if not 1 <= a.train_limit <= N_TRAIN or not 1 <= a.test_limit <= N_TEST or not a.warmup < a.epochs:
        p.error(f'expected 1 to {N_TRAIN} images to train on, 1 to {N_TEST} to test on, and a warm-up shorter than the run')
    if not shutil.which(a.qatbench):
        p.error(f'there is no program {a.qatbench}: build it, or name it by --qatbench')
    compare(a)


if __name__ == '__main__':
    main()
