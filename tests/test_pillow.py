"""Decoding, cropping and resizing against Pillow itself: test_pillow.py IMAGE_ANSWERS.

Odd and damaged files are made here. Where QATBENCH_TEST_DATA names a folder with imagenet-samples and imagenette, all of the
first and 500 images of the second are compared too. Rule: the bytes that Pillow gives; an error where Pillow gives one; and
where Pillow reads a damaged file, its bytes or an error. Exit 77 (skipped) without Pillow, or with one that resizes otherwise.
"""
import glob
import hashlib
import io
import os
import random
import struct
import subprocess
import sys
import tempfile
import warnings
import zlib

PASSED, SKIPPED = '100%: Checks: 1, Failures: 0, Errors: 0', 'Skipped: 1'  # what Check programs end with

try:
    from PIL import Image, __version__ as pillow
except ImportError:
    print('skipped: Pillow is not there (Debian: apt-get install python3-pil)', PASSED, SKIPPED, sep='\n')
    sys.exit(77)
if int(pillow.split('.')[0]) >= 13:
    print(f'skipped: Pillow {pillow} resizes columns first', PASSED, SKIPPED, sep='\n')
    sys.exit(77)
warnings.simplefilter('ignore')
rnd = random.Random(1)
bilinear, bicubic = Image.BILINEAR, Image.BICUBIC
questions = []  # (line for image_answers, what Pillow says, whether an error is right too, description)


def tell(image):
    return f'{image.width} {image.height} {hashlib.sha256(image.tobytes()).hexdigest()}'


def some_box(width, height):
    w, h = rnd.randint(1, width), rnd.randint(1, height)
    left, top = rnd.randint(0, width - w), rnd.randint(0, height - h)
    return left, top, w, h


def crop(image, box):
    left, top, w, h = box
    return image.crop((left, top, left + w, top + h))


def numbers(box):
    return ' '.join(map(str, box))


def ask(path, name, may_fail, resized=True):
    """Questions about one file: the whole image, two windows, a crop of training, the crop of evaluation."""
    try:
        opened = Image.open(path)
        known = opened.format in ('JPEG', 'PNG', 'MPO')
        image = opened.convert('RGB') if known else None
    except Exception:  # whatever Pillow finds wrong
        image = None
    if image is None:
        questions.append((f'window 0 0 0 0 {path}', 'error', False, name))
        return
    questions.append((f'window 0 0 0 0 {path}', tell(image), may_fail, name))
    for _ in range(2):
        box = some_box(*image.size)
        questions.append((f'window {numbers(box)} {path}', tell(crop(image, box)), may_fail, f'{name}, window {box}'))
    if not resized:
        return
    box = some_box(*image.size)
    small = crop(image, box).resize((224, 224), bilinear)
    questions.append((f'crop {numbers(box)} 224 {path}', tell(small), may_fail, f'{name}, crop {box}'))
    short, long = min(image.size), max(image.size)
    long = int(256 * long / short)
    size = (256, long) if image.width <= image.height else (long, 256)
    if long < 20000:
        offset = [round((side - 224) / 2) for side in size]
        middle = crop(image.resize(size, bicubic), (*offset, 224, 224))
        questions.append((f'eval 256 224 {path}', tell(middle), may_fail, f'{name}, evaluation'))


def noise(size, mode):
    small = Image.frombytes('RGB', (9, 7), rnd.randbytes(9 * 7 * 3))
    grain = Image.frombytes('RGB', size, rnd.randbytes(size[0] * size[1] * 3))
    return Image.blend(small.resize(size, bicubic), grain, 0.1).convert(mode)


def saved(image, form, **options):
    to = io.BytesIO()
    image.save(to, form, **options)
    return to.getvalue()


def odd_files():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned: not looked at
    for size in [(57, 37), (64, 48), (1, 40), (40, 1), (1, 1), (301, 200)]:
        for sub in (0, 1, 2):
            for progressive in (False, True):
                yield 'jpeg', saved(noise(size, 'RGB'), 'JPEG', subsampling=sub, progressive=progressive, quality=rnd.randint(5, 100))
        yield 'jpeg exif', saved(noise(size, 'RGB'), 'JPEG', exif=exif)
        yield 'jpeg grey', saved(noise(size, 'L'), 'JPEG', optimize=True)
        yield 'jpeg cmyk', saved(noise(size, 'CMYK'), 'JPEG')
        for mode in ('RGB', 'L', 'P', '1', 'RGBA'):
            yield f'png {mode}', saved(noise(size, mode), 'PNG')
        yield 'png LA', saved(noise(size, 'L').convert('LA'), 'PNG')
        yield 'png 16-bit grey', saved(noise(size, 'L').convert('I').point(lambda v: v * 3), 'PNG')
        yield 'png few colours', saved(noise(size, 'RGB').quantize(rnd.choice([2, 4, 16])), 'PNG', transparency=1)
    yield 'bmp', saved(noise((9, 9), 'RGB'), 'BMP')
    yield 'gif', saved(noise((9, 9), 'P'), 'GIF')
    yield 'empty', b''
    yield 'text', b'<html>not an image</html>'
    yield 'zero bytes', bytes(1000)


def chunk(name, data):
    return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))


def some_rows(width, height, bits):
    return b''.join(bytes([rnd.randrange(5)]) + rnd.randbytes((width * bits + 7) // 8) for _ in range(height))


def some_png():
    """Any colour type and depth, interlaced or not, with filters, chunks, palettes and pieces of data as they come."""
    colour, depths = rnd.choice([(0, (1, 2, 4, 8, 16)), (2, (8, 16)), (3, (1, 2, 4, 8)), (4, (8, 16)), (6, (8, 16))])
    depth, width, height, interlaced = rnd.choice(depths), rnd.randint(1, 40), rnd.randint(1, 40), rnd.randrange(2)
    bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    to = b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, depth, colour, 0, 0, interlaced))
    extra = [(b'gAMA', struct.pack('>I', 30000)), (b'tEXt', b'a\0text'), (b'iCCP', b'a\0\0' + zlib.compress(b'junk')),
             (b'pHYs', struct.pack('>IIB', 3, 4, 1)), (b'prVt', b'zz')]
    for name, data in rnd.sample(extra, rnd.randrange(3)):
        to += chunk(name, data)
    if colour == 3:
        to += chunk(b'PLTE', rnd.randbytes(3 * (2 ** depth if rnd.random() < 0.7 else rnd.randint(1, 2 ** depth))))
    if rnd.random() < 0.3 and colour in (0, 2, 3):
        to += chunk(b'tRNS', {0: b'\0\1', 2: b'\0\1' * 3, 3: b'\x09'}[colour])
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)] if interlaced else [(0, 0, 1, 1)]
    data = b''
    for x, y, across, down in passes:
        if width > x and height > y:
            data += some_rows((width - x + across - 1) // across, (height - y + down - 1) // down, bits)
    packed = zlib.compress(data + rnd.choice([b'', b'', b'too much']))
    for part in rnd.choice([[packed], [packed[:3], b'', packed[3:]]]):
        to += chunk(b'IDAT', part)
    return to + rnd.choice([chunk(b'IEND', b''), chunk(b'IEND', b'') + b'behind it', b''])


def huge_headers():
    jpeg = bytearray(saved(noise((16, 16), 'RGB'), 'JPEG', subsampling=0))
    at = jpeg.index(b'\xff\xc0') + 5
    jpeg[at:at + 4] = struct.pack('>HH', 30000, 30000)
    yield bytes(jpeg)
    yield (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 30000, 30000, 8, 2, 0, 0, 0)) +
           chunk(b'IDAT', zlib.compress(bytes(1000))) + chunk(b'IEND', b''))


def damaged(data):
    """One to three wrong bytes, a wrong bit in the header, a piece missing or too much, or the end missing."""
    b, kind = bytearray(data), rnd.randrange(5)
    if kind == 0:
        return bytes(b[:rnd.randrange(len(b) + 1)])
    if kind == 1:
        for _ in range(rnd.randint(1, 3)):
            b[rnd.randrange(len(b))] = rnd.randrange(256)
    elif kind == 2:
        b[rnd.randrange(min(len(b), 700))] ^= 1 << rnd.randrange(8)
    elif kind == 3:
        at = rnd.randrange(len(b))
        del b[at:at + rnd.randint(1, 20)]
    else:
        at = rnd.randrange(len(b))
        b[at:at] = rnd.randbytes(rnd.randint(1, 20))
    return bytes(b)


def ask_about_made_files(folder):
    odd = list(odd_files())
    made = [(name, data, False) for name, data in odd]
    made += [('made png', some_png(), False) for _ in range(150)] + [('30,000 x 30,000', data, False) for data in huge_headers()]
    for i in range(600):
        name, data = odd[i % (len(odd) - 5)]
        made.append((f'{name}, damaged', damaged(data), True))
    for i, (name, data, may_fail) in enumerate(made):
        path = os.path.join(folder, str(i))
        with open(path, 'wb') as f:
            f.write(data)
        ask(path, f'{i} {name}', may_fail, resized=i % 3 == 0)


def ask_about_real_files(root):
    samples = sorted(glob.glob(f'{root}/imagenet-samples/*/*/*'))
    subset = sorted(glob.glob(f'{root}/imagenette/*/*/*'))
    for path in samples + rnd.sample(subset, min(500, len(subset))):
        ask(path, path, False)
    return len(samples), min(500, len(subset))


def main():
    root = os.environ.get('QATBENCH_TEST_DATA')
    with tempfile.TemporaryDirectory() as folder:
        ask_about_made_files(folder)
        real = ask_about_real_files(root) if root else (0, 0)
        lines = '\n'.join(q[0] for q in questions)
        run = subprocess.run([sys.argv[1]], input=lines, capture_output=True, text=True, errors='replace', timeout=1200)
    answers = run.stdout.splitlines()
    if run.returncode != 0 or len(answers) != len(questions):
        print(f'image_answers ended with {run.returncode} after {len(answers)} of {len(questions)} answers\n{run.stderr[-2000:]}')
        return 1
    n_wrong = n_strict = 0
    for (_, want, may_fail, name), got in zip(questions, answers):
        if got.startswith('error') and want != 'error' and may_fail:
            n_strict += 1
        elif got != want and not (want == 'error' and got.startswith('error ') and len(got) > 6):
            n_wrong += 1
            print(f'{name}: Pillow {want}, here {got}')
    print(f'Pillow {pillow}: {len(questions)} questions, {n_wrong} wrong, {n_strict} refused here and read by Pillow (damaged files); '
          f'{real[0]} samples and {real[1]} images of the subset' + ('' if root else ' (QATBENCH_TEST_DATA is not set)'))
    print('0%: Checks: 1, Failures: 1, Errors: 0' if n_wrong else PASSED)
    return 1 if n_wrong else 0


if __name__ == '__main__':
    sys.exit(main())
