#!/usr/bin/env python3
"""pth_to_safetensors.py: weights that torch.save wrote, as a safetensors file for `init` and `eval`.

The published DeiT weights of facebookresearch/deit (deit_tiny_patch16_224-a1311bcf.pth, ...) hold the state dict under
the key "model", by timm's names, which are qatbench's too; others under "state_dict" or at the top. Names and values stay
as they are; nothing of the file is executed (torch.load with weights_only).

    python3 -m venv torch && torch/bin/pip install torch safetensors
    torch/bin/python scripts/pth_to_safetensors.py deit_tiny_patch16_224-a1311bcf.pth deit_tiny.safetensors
    build/qatbench eval deit_tiny.safetensors --model deit_tiny --dataset imagenet --data-dir DIR
"""
import argparse
import os
import sys

KEYS = 'model', 'state_dict'  # where a state dict lies in a checkpoint


def find_state_dict(loaded, torch):
    """The state dict in what torch.load gave; None: there is none."""
    for inner in [loaded] + [loaded[k] for k in KEYS if isinstance(loaded, dict) and k in loaded]:
        if isinstance(inner, dict) and inner and all(isinstance(v, torch.Tensor) for v in inner.values()):
            return inner
    return None


def main():
    p = argparse.ArgumentParser(description='weights of torch.save as a safetensors file')
    p.add_argument('pth', help='the file of torch.save')
    p.add_argument('safetensors', help='the file to write; must not exist')
    a = p.parse_args()
    try:
        import torch
        from safetensors.torch import save_file
    except ImportError as e:
        sys.exit(f'pth_to_safetensors.py: {e}: install it with pip install torch safetensors')
    if os.path.exists(a.safetensors):
        sys.exit(f'pth_to_safetensors.py: {a.safetensors} is there already: remove it, or name another file')
    try:
        loaded = torch.load(a.pth, map_location='cpu', weights_only=True)
    except OSError as e:
        sys.exit(f'pth_to_safetensors.py: {e}')
    except Exception as e:  # whatever unpickling a foreign file may raise
        sys.exit(f'pth_to_safetensors.py: {a.pth} is no file of torch.save, or holds more than tensors: {e}')
    state = find_state_dict(loaded, torch)
    if state is None:
        sys.exit(f'pth_to_safetensors.py: {a.pth} holds no state dict, expected tensors by name, at the top or under '
                 f'{" or ".join(KEYS)}')
    save_file({name: t.detach().clone().contiguous() for name, t in state.items()}, a.safetensors)
    print(f'{a.safetensors}: {len(state)} tensors, {sum(t.numel() for t in state.values())} values')


if __name__ == '__main__':
    main()
