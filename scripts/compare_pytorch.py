#!/usr/bin/env python3
"""compare_pytorch.py: images/s of qatbench against PyTorch, on this machine, in the same minute, PARQ on both sides.

Both train the same network with PARQ (LSBQ greedy) on random images in memory: ResNets with SGD (momentum 0.9) and
levels per tensor, DeiT with AdamW and levels per row, attention by scaled_dot_product_attention. PyTorch runs in its
best form: it is timed once in each of its forms, and those within 10 % of the fastest stay. Then come rounds: a window
of PyTorch in each form that stayed, a window of qatbench. The ratio of a round is qatbench's images/s over PyTorch's;
the verdict is the median over the rounds, against the form for which it is lowest.

What is PyTorch's best is in here on purpose: PARQ is its authors' own code (torchao.prototype.parq), the optimizer the
fused one, the images are normalized tensors of the right layout and type before the clock starts (qatbench augments its
own while the clock runs), ReLU and add work in place. A PyTorch is a process of its own, with PyTorch's own choice of
threads' waiting, and is stopped (SIGSTOP) while the other side is timed, so that no idle thread spins beside it.

    python3 -m venv torch && torch/bin/pip install -r scripts/compare_pytorch.txt
    torch/bin/python scripts/compare_pytorch.py --model resnet20 --batch 128 --threads 2
    torch/bin/python scripts/compare_pytorch.py --model deit_tiny --batch 32 --threads 2
"""
import argparse
import atexit
import json
import os
import platform
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

LR_WARM_UP = {'sgd': 0.01, 'adamw': 0.0005}
LR = 0.001         # that of `qatbench bench`
WARM_UP_STEPS = 8  # all on one batch: its loss must go down
MODELS = {         # classes, side of the images
    'resnet20': (10, 32), 'resnet56': (10, 32), 'resnet50': (1000, 224),
    'deit_cifar': (10, 32), 'deit_tiny': (1000, 224), 'deit_small': (1000, 224), 'deit_base': (1000, 224),
}
KEEP = 0.9         # of the fastest form's speed
# NCHW or channels last; +compile: by Inductor; +heap: glibc told to keep freed memory instead of faulting it in again;
# autocast or cast: for bf16, by torch.autocast, or a bf16 network whose weights are cast once a step (BatchNorm's and
# the masters stay float32). DeiT has one layout of tokens, and no form of its own for cast.
LAYOUTS = ['nchw', 'nhwc', 'nchw+compile', 'nhwc+compile']
FORMS = {
    'fp32': [f + heap for f in LAYOUTS for heap in ('', '+heap')],
    'bf16': [f + cast + heap for f in LAYOUTS for cast in ('+autocast', '+cast') for heap in ('', '+heap')],
}


def forms_of(model, dtype):
    return [f for f in FORMS[dtype] if is_resnet(model) or not ('nhwc' in f or '+cast' in f)]


def is_resnet(model):
    return model.startswith('resnet')


HEAP = {'MALLOC_MMAP_MAX_': '0', 'MALLOC_TRIM_THRESHOLD_': str(1 << 40), 'MALLOC_TOP_PAD_': str(1 << 26)}
ISA = {
    'native': ({}, {}),
    'avx2': ({'DNNL_MAX_CPU_ISA': 'AVX2'},
             {'ONEDNN_MAX_CPU_ISA': 'AVX2', 'DNNL_MAX_CPU_ISA': 'AVX2', 'ATEN_CPU_CAPABILITY': 'avx2',
              'MKL_ENABLE_INSTRUCTIONS': 'AVX2'}),
}


# ---- the networks ----

def make_resnet_cifar(depth, n_classes):
    """He et al. 2016, section 4.2, with shortcuts of option A."""
    from torch import nn
    from torch.nn import functional as F

    class Block(nn.Module):
        def __init__(self, channels_in, channels, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(channels)
            self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(channels)
            self.stride, self.pad = stride, (channels - channels_in) // 2

        def forward(self, x):
            y = F.relu(self.bn1(self.conv1(x)), inplace=True)
            y = self.bn2(self.conv2(y))
            if self.stride != 1:
                x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.pad, self.pad))
            y += x
            return F.relu(y, inplace=True)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(16)
            blocks, channels = [], 16
            for out in 16, 32, 64:
                for _ in range((depth - 2) // 6):
                    blocks.append(Block(channels, out, out // channels))
                    channels = out
            self.blocks = nn.Sequential(*blocks)
            self.linear = nn.Linear(64, n_classes)

        def forward(self, x):
            x = self.blocks(F.relu(self.bn1(self.conv1(x)), inplace=True))
            return self.linear(F.adaptive_avg_pool2d(x, 1).flatten(1).float())

    return Net()


def make_resnet50(n_classes):
    """Bottlenecks with the stride in the 3x3 convolution, as torchvision has them."""
    from torch import nn
    from torch.nn import functional as F

    class Block(nn.Module):
        def __init__(self, channels_in, inside, stride):
            super().__init__()
            out = 4 * inside
            self.conv1 = nn.Conv2d(channels_in, inside, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(inside)
            self.conv2 = nn.Conv2d(inside, inside, 3, stride, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(inside)
            self.conv3 = nn.Conv2d(inside, out, 1, bias=False)
            self.bn3 = nn.BatchNorm2d(out)
            self.downsample = None
            if stride != 1 or channels_in != out:
                self.downsample = nn.Sequential(nn.Conv2d(channels_in, out, 1, stride, bias=False),
                                                nn.BatchNorm2d(out))

        def forward(self, x):
            y = F.relu(self.bn1(self.conv1(x)), inplace=True)
            y = F.relu(self.bn2(self.conv2(y)), inplace=True)
            y = self.bn3(self.conv3(y))
            y += self.downsample(x) if self.downsample else x
            return F.relu(y, inplace=True)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
            self.bn1 = nn.BatchNorm2d(64)
            blocks, channels = [], 64
            for stage, n in enumerate((3, 4, 6, 3)):
                for k in range(n):
                    blocks.append(Block(channels, 64 << stage, 2 if stage > 0 and k == 0 else 1))
                    channels = 4 * (64 << stage)
            self.blocks = nn.Sequential(*blocks)
            self.fc = nn.Linear(channels, n_classes)

        def forward(self, x):
            x = F.max_pool2d(F.relu(self.bn1(self.conv1(x)), inplace=True), 3, 2, 1)
            return self.fc(F.adaptive_avg_pool2d(self.blocks(x), 1).flatten(1).float())

    return Net()


def make_deit(width, depth, patch, side, n_classes):
    """Touvron et al. 2021 in timm's form: heads of 64 values, pre-norm blocks, the class token classified."""
    import torch
    from torch import nn
    from torch.nn import functional as F

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
            self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

        def forward(self, x):
            n, tokens, _ = x.shape
            q, k, v = self.qkv(self.norm1(x)).view(n, tokens, 3, width // 64, 64).permute(2, 0, 3, 1, 4)
            y = F.scaled_dot_product_attention(q, k, v)
            x = x + self.proj(y.transpose(1, 2).reshape(n, tokens, width))
            return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.cls_token = nn.Parameter(1e-6 * torch.randn(1, 1, width))
            self.pos_embed = nn.Parameter(0.02 * torch.randn(1, (side // patch) ** 2 + 1, width))
            self.patch_embed = nn.Conv2d(3, width, patch, patch)
            self.blocks = nn.Sequential(*[Block() for _ in range(depth)])
            self.norm = nn.LayerNorm(width, eps=1e-6)
            self.head = nn.Linear(width, n_classes)
            for m in self.modules():
                if isinstance(m, nn.Linear):
                    nn.init.trunc_normal_(m.weight, std=0.02)
                    nn.init.zeros_(m.bias)

        def forward(self, x):
            x = self.patch_embed(x).flatten(2).transpose(1, 2)
            x = torch.cat((self.cls_token.expand(x.shape[0], -1, -1), x), 1) + self.pos_embed
            return self.head(self.norm(self.blocks(x)[:, 0])).float()

    return Net()


DEITS = {'deit_cifar': (192, 6, 4), 'deit_tiny': (192, 12, 16), 'deit_small': (384, 12, 16), 'deit_base': (768, 12, 16)}


def make_net(model):
    n_classes, side = MODELS[model]
    if model in DEITS:
        return make_deit(*DEITS[model], side, n_classes)
    return make_resnet50(n_classes) if model == 'resnet50' else make_resnet_cifar(int(model[6:]), n_classes)


# ---- the PyTorch side, a process of its own ----

class Trainer:
    def __init__(self, a, form):
        import torch
        from torch.nn import functional as F
        from torchao.prototype.parq import LSBQuantizer, ProxPARQ, QuantOptimizer
        torch.set_num_threads(a.threads)
        torch.manual_seed(1)
        self.torch, self.batch, self.period, self.at = torch, a.batch, a.quant_period, 0
        n_classes, side = MODELS[a.model]
        net = make_net(a.model)
        layout = torch.channels_last if 'nhwc' in form else torch.contiguous_format
        net = net.to(memory_format=layout)

        # Quantized: weights of convolutions and of the last layer; of DeiT those of the blocks. Other weights, scales of
        # norms among them, are decayed, biases and tokens are not.
        convs = [m for m in net.modules() if isinstance(m, torch.nn.Conv2d)]
        groups = {'quant': [], 'decay': [], 'no_decay': []}
        for name, p in net.named_parameters():
            is_product = name.endswith('weight') and p.dim() > 1
            if is_product and (is_resnet(a.model) or name.startswith('blocks.')):
                groups['quant'].append(p)
            else:
                groups['decay' if name.endswith('weight') else 'no_decay'].append(p)
        self.parameters = {name: sum(p.numel() for p in group) for name, group in groups.items()}
        self.masters, self.casts, dtype = [], [], torch.float32
        if '+cast' in form:
            dtype = torch.bfloat16
            self.masters = [m.weight for m in convs]
            for m in convs:
                m.weight = torch.nn.Parameter(m.weight.detach().to(dtype))
            self.casts = [m.weight for m in convs]
        sets = [{'params': groups['quant'], 'quant_bits': a.bits}, {'params': groups['decay']},
                {'params': groups['no_decay'], 'weight_decay': 0.0}]
        if is_resnet(a.model):
            base = torch.optim.SGD(sets, lr=LR_WARM_UP['sgd'], momentum=0.9, weight_decay=2e-4, fused=True)
        else:
            base = torch.optim.AdamW(sets, lr=LR_WARM_UP['adamw'], betas=(0.9, 0.99), weight_decay=0.05, fused=True)
        self.optim = QuantOptimizer(base, LSBQuantizer(), ProxPARQ(anneal_start=0, anneal_end=10**6, steepness=10),
                                    quant_period=a.quant_period, quant_per_channel=not is_resnet(a.model))

        n_batches = 2 if side == 224 else 8
        self.data = [(torch.randn(a.batch, 3, side, side).to(dtype).to(memory_format=layout),
                      torch.randint(n_classes, (a.batch,))) for _ in range(n_batches)]

        def loss_of(x, y):
            with torch.autocast('cpu', torch.bfloat16, enabled='+autocast' in form):
                return F.cross_entropy(net(x).float(), y)
        self.loss_of = torch.compile(loss_of) if '+compile' in form else loss_of

    def step(self, batch):
        loss = self.loss_of(*batch)
        loss.backward()
        for master, cast in zip(self.masters, self.casts):
            master.grad, cast.grad = cast.grad.float(), None
        self.optim.step()
        if self.masters:
            with self.torch.no_grad():
                self.torch._foreach_copy_(self.casts, self.masters)
        self.optim.zero_grad(set_to_none=True)
        return loss

    def warm_up(self):
        losses = [self.step(self.data[0]).item() for _ in range(WARM_UP_STEPS)]
        for group in self.optim.param_groups:
            group['lr'] = LR
        return losses

    def steps(self, n):
        begin = time.perf_counter()
        for _ in range(n):
            loss = self.step(self.data[self.at % len(self.data)])
            self.at += 1
        assert self.torch.isfinite(loss)
        return time.perf_counter() - begin

    def window(self, seconds):
        """Whole periods of the quantizer where that costs little, as in `qatbench bench`."""
        n = max(1, -int(-seconds // (self.steps(2) / 2)))
        if 2 * n >= self.period:
            n = -(-n // self.period) * self.period
        speed = n * self.batch / self.steps(n)
        return {'images_per_second': speed, 'steps': n,
                'peak_rss_bytes': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


def work(a):
    """The worker: answers each line on stdin (seconds) by a line on stdout (a window)."""
    out = os.fdopen(os.dup(1), 'w')
    os.dup2(2, 1)  # whatever else is printed
    import torch
    import torchao
    t = Trainer(a, a.worker)
    losses = t.warm_up()
    print(json.dumps({'parameters': t.parameters, 'losses': losses, 'isa': torch.backends.cpu.get_cpu_capability(),
                      'torch': torch.__version__, 'torchao': torchao.__version__,
                      'onednn': re.search(r'MKL-DNN v(\S+)', torch.__config__.show())[1]}),
          file=out, flush=True)
    for line in sys.stdin:
        print(json.dumps(t.window(float(line))), file=out, flush=True)


class Worker:
    """A PyTorch process that runs only while it is asked for something."""

    def __init__(self, a, form):
        env = {**os.environ, **ISA[a.isa][1], 'OMP_NUM_THREADS': str(a.threads), **(HEAP if '+heap' in form else {})}
        self.form, self.log, self.windows = form, tempfile.TemporaryFile('w+'), []
        self.process = subprocess.Popen([sys.executable, os.path.abspath(__file__), *sys.argv[1:], '--worker', form],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, env=env,
                                        text=True)
        atexit.register(self.close)  # a stopped process would not see that its parent has gone
        self.about = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            self.log.seek(0)
            sys.exit(f'compare_pytorch.py: PyTorch as {self.form} failed:\n{self.log.read()[-2000:]}')
        self.process.send_signal(signal.SIGSTOP)
        return json.loads(line)

    def window(self, seconds):
        self.process.send_signal(signal.SIGCONT)
        print(seconds, file=self.process.stdin, flush=True)
        answer = self.answer()
        self.peak_rss_bytes = answer['peak_rss_bytes']
        self.windows.append(answer['images_per_second'])
        return self.windows[-1]

    def close(self):
        self.process.kill()
        self.process.wait()


# ---- the comparison ----

def qatbench(a, *args):
    run = subprocess.run([a.qatbench, *args, '--json'], env={**os.environ, **ISA[a.isa][0]}, capture_output=True,
                         text=True)
    if run.returncode:
        sys.exit(f'compare_pytorch.py: {a.qatbench} {" ".join(args)} failed:\n{run.stderr}')
    return json.loads(run.stdout)


def bench(a):
    return qatbench(a, 'bench', '--model', a.model, '--batch', str(a.batch), '--threads', str(a.threads), '--dtype',
                    a.dtype, '--solver', 'parq', '--bits', str(a.bits), '--quant-period', str(a.quant_period),
                    '--optimizer', 'sgd' if is_resnet(a.model) else 'adamw', '--granularity',
                    'tensor' if is_resnet(a.model) else 'row', '--shards', str(a.shards), '--windows', '1', '--seconds',
                    str(a.seconds))


def check(a, worker):
    """Stops unless PyTorch trains the network that qatbench has."""
    groups = qatbench(a, 'info', a.model)['groups']
    want = {name: groups[name]['parameters'] for name in groups}
    got, losses = worker.about['parameters'], worker.about['losses']
    if got != want:
        sys.exit(f'compare_pytorch.py: {a.model} has {got} parameters in PyTorch, {want} in qatbench')
    if not losses[-1] < losses[0]:
        sys.exit(f'compare_pytorch.py: as {worker.form} the loss on one batch goes from {losses[0]} to {losses[-1]}')


def survey(a, say):
    """One window of each form: the workers that stay, and images/s by form."""
    workers, speeds = [], {}
    for form in a.forms:
        if '+compile' in form and not shutil.which('g++'):
            say(f'  {form:<28} left out: Inductor needs g++')
            continue
        worker = Worker(a, form)
        workers.append(worker)
        check(a, worker)
        speeds[form] = worker.window(a.seconds)
        say(f'  {form:<28}{speeds[form]:9.1f} images/s   loss {worker.about["losses"][0]:.3f} -> '
            f'{worker.about["losses"][-1]:.3f} in {WARM_UP_STEPS} steps on one batch')
        best = max(w.windows[0] for w in workers)
        for w in [w for w in workers if w.windows[0] < KEEP * best]:
            w.close()
            workers.remove(w)
    return workers, speeds


def cpu_name():
    with open('/proc/cpuinfo', encoding='utf-8') as f:
        names = [line.split(':', 1)[1].strip() for line in f if line.startswith('model name')]
    return names[0] if names else platform.machine()


def compare(a):
    say = (lambda text: print(text, file=sys.stderr, flush=True)) if a.json else (lambda text: print(text, flush=True))
    say(f'{a.model}, batch {a.batch}, {a.dtype}, {a.threads} threads, PARQ {a.bits} bits, period {a.quant_period}\n\n'
        f'PyTorch\'s forms, one window of {a.seconds:g} s each')
    workers, survey_speeds = survey(a, say)
    say('\nrounds, images/s: ' + ', '.join(w.form for w in workers) + ', qatbench; ratio to the fastest')
    ours = []
    for r in range(a.rounds):
        theirs = [w.window(a.seconds) for w in workers]
        ours.append(bench(a))
        speed = ours[-1]['images_per_second']
        say(f'  {r + 1:<3}' + ''.join(f'{s:9.1f}' for s in [*theirs, speed]) + f'{speed / max(theirs):9.3f}')
    for w in workers:
        w.close()
    about, speeds = workers[0].about, [o['images_per_second'] for o in ours]
    ratios = {w.form: sorted(s / t for s, t in zip(speeds, w.windows[1:])) for w in workers}
    best = min(workers, key=lambda w: statistics.median(ratios[w.form]))
    ratio = ratios[best.form]
    result = {'model': a.model, 'batch': a.batch, 'dtype': a.dtype, 'threads': a.threads, 'rounds': a.rounds,
              'seconds': a.seconds, 'ratio': statistics.median(ratio), 'ratio_min': ratio[0], 'ratio_max': ratio[-1],
              'form': best.form, 'pytorch_images_per_second': statistics.median(best.windows[1:]),
              'qatbench_images_per_second': statistics.median(speeds),
              'pytorch_survey': survey_speeds, 'pytorch_windows': {w.form: w.windows[1:] for w in workers},
              'qatbench_windows': speeds,
              'pytorch_peak_rss_bytes': best.peak_rss_bytes,
              'qatbench_peak_rss_bytes': max(o['peak_rss_bytes'] for o in ours),
              'cpu': cpu_name(), 'isa': ours[0]['isa'], 'onednn': ours[0]['onednn'], 'pytorch': about['torch'],
              'pytorch_isa': about['isa'], 'pytorch_onednn': about['onednn'], 'torchao': about['torchao']}
    say(f'\nratio {result["ratio"]:.3f} ({ratio[0]:.3f} to {ratio[-1]:.3f}) to {best.form}; medians '
        f'{result["qatbench_images_per_second"]:.1f} and {result["pytorch_images_per_second"]:.1f} images/s, '
        f'peak memory {result["qatbench_peak_rss_bytes"] / 1e6:.0f} and {best.peak_rss_bytes / 1e6:.0f} MB\n'
        f'{result["cpu"]}; qatbench: {result["isa"]}, oneDNN {result["onednn"]}; PyTorch {about["torch"]}: '
        f'{about["isa"]}, oneDNN {about["onednn"]}, torchao {about["torchao"]}')
    if a.json:
        print(json.dumps(result, indent=2))


def main():
    p = argparse.ArgumentParser(description='images/s of qatbench against PyTorch, PARQ on both sides')
    p.add_argument('--model', choices=MODELS, default='resnet20')
    p.add_argument('--batch', type=int, default=128)
    p.add_argument('--threads', type=int, default=2)
    p.add_argument('--dtype', choices=FORMS, default='fp32')
    p.add_argument('--isa', choices=ISA, default='native', help='avx2: both sides held to it')
    p.add_argument('--shards', type=int, default=1, help='parts of a batch in qatbench; PyTorch takes it whole')
    p.add_argument('--bits', type=int, default=2)
    p.add_argument('--quant-period', type=int, default=10)
    p.add_argument('--rounds', type=int, default=9)
    p.add_argument('--seconds', type=float, default=5, help='least length of a window (default 5)')
    p.add_argument('--forms', help='of PyTorch, separated by commas (default: all for model and dtype)')
    p.add_argument('--qatbench', default='build/qatbench', help='the program (default build/qatbench)')
    p.add_argument('--json', action='store_true', help='one JSON object on standard output')
    p.add_argument('--worker', help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.dtype == 'bf16' and a.isa == 'avx2':
        p.error('bf16 needs AVX512-BF16 or AMX: leave out --isa avx2')
    if a.worker:
        work(a)
        return
    forms = forms_of(a.model, a.dtype)
    a.forms = a.forms.split(',') if a.forms else forms
    for form in a.forms:
        if form not in forms:
            p.error(f'no form {form} for {a.model} in {a.dtype}: one of {" ".join(forms)}')
    if not shutil.which(a.qatbench):
        p.error(f'there is no program {a.qatbench}: build it, or name it by --qatbench')
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    compare(a)


if __name__ == '__main__':
    main()
