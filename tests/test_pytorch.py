"""Exported weights in PyTorch, by the code of docs/pytorch.md: test_pytorch.py QATBENCH.

Two short runs, a ResNet-20 and a DeiT-Ti, on images in CIFAR-10's form that are made here; the logits of PyTorch and of
`eval` on the same images agree to 1e-4. Codes, packed codes and the way back are tried as the page shows them. The DeiT
is that of scripts/compare_pytorch.py, and timm's where that is installed. Exit 77 (skipped) without PyTorch.
"""
import json
import os
import random
import re
import subprocess
import sys
import tempfile

PASSED, SKIPPED = '100%: Checks: 1, Failures: 0, Errors: 0', 'Skipped: 1'  # what Check programs end with

try:
    import torch
    from safetensors import safe_open
    from safetensors.torch import load_file
except ImportError as missing:
    print(f'skipped: {missing}: pip install torch safetensors (and timm)', PASSED, SKIPPED, sep='\n')
    sys.exit(77)
try:
    import timm
except ImportError:
    timm = None
    print('without timm: its DeiT is not tried')

TOLERANCE, N, SIDE, RECORD = 1e-4, 24, 32, 3073
here = os.path.dirname(os.path.abspath(__file__))
qatbench = os.path.abspath(sys.argv[1])
sys.path.insert(0, os.path.join(here, '..', 'scripts'))
import compare_pytorch  # noqa: E402


def make_cifar(folder):
    """Files of the right sizes, whose first N images of both splits are random and the others black."""
    rnd = random.Random(1)
    images = []
    for name in [f'data_batch_{i}.bin' for i in range(1, 6)] + ['test_batch.bin']:
        records = [bytes([i % 10]) + rnd.randbytes(RECORD - 1) for i in range(N)]
        with open(os.path.join(folder, name), 'wb') as f:
            f.write(b''.join(records))
            f.truncate(10000 * RECORD)
        images = [torch.tensor(list(r[1:])).view(3, SIDE, SIDE) for r in records]
    return torch.stack(images)


def call(*words):
    run = subprocess.run([qatbench, *words, '--json'], capture_output=True, text=True)
    assert run.returncode == 0, f'{words}: exit status {run.returncode}: {run.stderr}'
    return json.loads(run.stdout)


def train(*words):
    return call('train', '--dataset', 'cifar10', '--data-dir', '.', '--train-limit', '48', '--test-limit', str(N),
                '--batch', '16', '--epochs', '2', '--threads', '2', '--lr', '0.01', *words)


def python_blocks():
    with open(os.path.join(here, '..', 'docs', 'pytorch.md'), encoding='utf-8') as f:
        return re.findall(r'^```python\n(.*?)^```$', f.read(), re.M | re.S)


def by_names_of_compare(name):
    """Our names (timm's) as scripts/compare_pytorch.py has them."""
    return re.sub(r'\.(attn|mlp)\.', '.', name).replace('patch_embed.proj', 'patch_embed')


def check_logits(what, logits, ours):
    far = (logits - ours).abs().max().item()
    assert logits.shape == ours.shape and far <= TOLERANCE, f'{what}: logits differ by {far}'
    print(f'{what}: logits of up to {ours.abs().max().item():.2f} differ by at most {far:.1e}')


def bits_of(t):
    return t.contiguous().view(torch.int32)


def same_bits(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and torch.equal(bits_of(a), bits_of(b))


def check(images):
    blocks = python_blocks()
    assert len(blocks) == 6, f'expected the six pieces of Python of docs/pytorch.md, found {len(blocks)}'
    network, load, load_timm, decode, unpack, save = blocks
    page = {'images': images}

    resnet = train('--model', 'resnet20', '--solver', 'lsq', '--bits', '2', '--granularity', 'row', '--layer-bits',
                   'conv1=8')
    for weights, name in ('quantized', 'resnet20'), ('codes', 'codes'), ('packed', 'packed'):
        call('export', resnet['dir'], '--weights', weights, '-o', f'{name}.safetensors')
    again = call('eval', 'resnet20.safetensors', '--data-dir', '.', '--threads', '2', '--logits', 'ours.safetensors')
    assert again['test_loss'] == resnet['test_loss'], (again, resnet)
    ours = load_file('ours.safetensors')
    assert ours['index'].tolist() == list(range(N)) and ours['labels'].tolist() == [i % 10 for i in range(N)]
    with torch.no_grad():
        exec(network + load, page)
        check_logits('resnet20', page['logits'], ours['logits'])
        quantized = load_file('resnet20.safetensors')
        for code in decode, unpack:  # of conv1 as the page has it, and of every other quantized tensor
            with safe_open('codes.safetensors', 'pt') as f:
                names = json.loads(f.metadata()['quantized'])
            assert len(names) == 20, names
            for name in names:
                exec(code.replace('conv1.weight', name), page)
                assert same_bits(page['weight'], quantized[name]), f'{name} is not what it was'
        exec(save, page)
    back = call('eval', 'start.safetensors', '--model', 'resnet20', '--dataset', 'cifar10', '--data-dir', '.',
                '--threads', '2', '--batch', '16', '--test-limit', str(N))
    assert back['test_loss'] == resnet['test_loss'], (back, resnet)

    deit = train('--model', 'deit_tiny', '--solver', 'parq', '--bits', '2', '--optimizer', 'adamw',
                 '--granularity', 'row')
    call('export', deit['dir'], '-o', 'deit_tiny.safetensors')
    call('eval', 'deit_tiny.safetensors', '--data-dir', '.', '--threads', '2', '--logits', 'deit.safetensors')
    ours = load_file('deit.safetensors')['logits']
    with torch.no_grad():
        net = compare_pytorch.make_deit(192, 12, 16, SIDE, 10)
        net.load_state_dict({by_names_of_compare(k): v for k, v in load_file('deit_tiny.safetensors').items()})
        check_logits('deit_tiny', net.eval()((images / 255 - page['mean']) / page['std']), ours)
        if timm:
            exec(load_timm, page)
            check_logits('deit_tiny of timm', page['logits'], ours)


with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch)
    os.environ.update({'HOME': scratch, 'XDG_CACHE_HOME': scratch, 'QATBENCH_RUNS': os.path.join(scratch, 'runs')})
    check(make_cifar(scratch))
print(PASSED)
