#!/usr/bin/env python3
"""Writes tests/golden/statistics.json: made-up results with what SciPy and statsmodels say of them, for tests/test_ranks.c.

    pip install scipy statsmodels && python3 scripts/make_statistics.py > tests/golden/statistics.json

A set has `solvers`, and `blocks`: for every block and solver the results of its seeds, null for a run that failed, [] for a
cell that was never started. Where SciPy divides by a spread of 0 it gives NaN; there the limit is written: p is 1 for equal
means and 0 for others, an interval is as wide as 0.
"""
import json
import math
import random
import sys

import numpy as np
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.multitest import multipletests


def counted(seeds):
    return [v for v in seeds if v is not None]


def cell(seeds):
    v = np.array(counted(seeds), dtype=float)
    if len(v) == 0:
        return {'n': 0, 'mean': None, 'std': None, 'low': None, 'high': None}
    mean = float(np.mean(v))
    if len(v) == 1:
        return {'n': 1, 'mean': mean, 'std': None, 'low': None, 'high': None}
    std = 0.0 if len(set(v)) == 1 else float(np.std(v, ddof=1))
    low, high = stats.t.interval(0.95, len(v) - 1, loc=mean, scale=std / math.sqrt(len(v))) if std > 0 else (mean, mean)
    return {'n': len(v), 'mean': mean, 'std': std, 'low': float(low), 'high': float(high)}


def welch(a, b):
    a, b = counted(a), counted(b)
    if len(a) < 2 or len(b) < 2:
        return None
    if len(set(a)) == 1 and len(set(b)) == 1:
        return 1.0 if a[0] == b[0] else 0.0
    return float(stats.ttest_ind(a, b, equal_var=False).pvalue)


def paired(a, b):
    both = [(x, y) for x, y in zip(a, b) if x is not None and y is not None]
    if len(both) < 2:
        return None
    differences = {x - y for x, y in both}
    if len(differences) == 1:
        return 1.0 if differences == {0.0} else 0.0
    return float(stats.ttest_rel(*zip(*both)).pvalue)


def holm(p):
    """Of the p-values that there are."""
    there = [v for v in p if v is not None]
    adjusted = iter(multipletests(there, method='holm')[1] if there else [])
    return [None if v is None else float(next(adjusted)) for v in p]


def ranks(blocks):
    # twelve digits count: means over the same values in another order are ties
    means = [[float('%.12g' % np.mean(counted(seeds))) if counted(seeds) else None for seeds in block] for block in blocks]
    complete = np.array([row for row in means if None not in row], dtype=float)
    n, k = complete.shape if len(complete) else (0, len(blocks[0]))
    if n < 2 or k < 3:
        return None
    # 1 is the best, which is the highest; equal means share their ranks
    mean_ranks = np.mean([stats.rankdata(-row) for row in complete], axis=0)
    tied = all(len(set(row)) == 1 for row in complete)
    chi2, p = (0.0, 1.0) if tied else stats.friedmanchisquare(*complete.T)
    unit = math.sqrt(k * (k + 1) / (12 * n))

    def nemenyi(difference):
        return float(stats.studentized_range.sf(abs(difference) / unit, k, np.inf)) if difference else 1.0

    pairs = [[nemenyi(x - y) for y in mean_ranks] for x in mean_ranks]
    return {'n_blocks': n, 'mean_ranks': [float(r) for r in mean_ranks], 'chi2': float(chi2), 'p': float(p), 'pairs': pairs,
            'critical_difference': float(stats.studentized_range.ppf(0.95, k, np.inf)) * unit}


# Demsar (2006), JMLR 7, table 6: areas under the curve of C4.5 with parameters left and tuned. The last but one row prints two
# equal values that the paper ranks as different: 0.97501 stands for the better one.
DEMSAR = [[0.763, 0.768, 0.771, 0.798], [0.599, 0.591, 0.590, 0.569], [0.954, 0.971, 0.968, 0.967], [0.628, 0.661, 0.654, 0.657],
          [0.882, 0.888, 0.886, 0.898], [0.936, 0.931, 0.916, 0.931], [0.661, 0.668, 0.609, 0.685], [0.583, 0.583, 0.563, 0.625],
          [0.775, 0.838, 0.866, 0.875], [1.000, 1.000, 1.000, 1.000], [0.940, 0.962, 0.965, 0.962], [0.619, 0.666, 0.614, 0.669],
          [0.972, 0.981, 0.97501, 0.975], [0.957, 0.978, 0.946, 0.970]]


def made_up(random_, k, n, seeds, spread=0.3, step=0.4, digits=2):
    """k solvers, each `step` better than the one before, on n blocks."""
    def result(block, solver):
        return round(80 + 2 * block + step * solver + random_.gauss(0, spread), digits)
    return [[[result(b, s) for _ in range(seeds)] for s in range(k)] for b in range(n)]


def sets():
    r = random.Random(2006)
    yield 'Demsar 2006, table 6', [[[v] for v in row] for row in DEMSAR]
    yield 'three solvers, two blocks', made_up(r, 3, 2, 3)
    yield 'three solvers, five blocks, five seeds', made_up(r, 3, 5, 5)
    yield 'nothing differs', made_up(r, 4, 6, 3, step=0)
    yield 'everything differs', made_up(r, 5, 12, 3, spread=0.01)
    yield 'ten solvers', made_up(r, 10, 8, 3)
    yield 'eighteen solvers', made_up(r, 18, 6, 3, step=0.1)
    yield 'forty blocks', made_up(r, 4, 40, 2, step=0.05)
    yield 'ties by rounding', made_up(r, 5, 10, 3, spread=0.6, step=0.2, digits=0)
    yield 'ties in every block', [[[80, 80], [80, 80], [81, 81], [79, 79]] for _ in range(5)]
    yield 'all equal', [[[80, 80, 80]] * 4 for _ in range(4)]
    yield 's = 0 with different means', [[[80 + b + s] * 3 for s in range(3)] for b in range(3)]
    half = made_up(r, 3, 4, 3)
    for block in half:
        block[0] = [block[0][0]] * 3
    yield 's = 0 on one side', half
    missing = made_up(r, 4, 6, 3)
    missing[1][2] = [None, None, None]
    missing[4][0] = []
    yield 'two cells missing', missing
    few = made_up(r, 3, 3, 3)
    few[0][1], few[1][1] = [], [None, None, None]
    yield 'one complete block: no ranks', few
    yield 'two solvers: no ranks', made_up(r, 2, 6, 3)
    failed = made_up(r, 4, 5, 4)
    failed[0][0][1] = failed[0][1][3] = failed[2][3][0] = failed[3][2][1] = failed[3][2][2] = None
    yield 'failed seeds', failed
    lonely = made_up(r, 3, 4, 3)
    lonely[0][0] = [lonely[0][0][0], None, None]
    lonely[2][1] = [None, lonely[2][1][1], lonely[2][1][2]]
    yield 'cells of one and two seeds', lonely
    yield 'unequal spreads', [[[round(r.gauss(80 + s / 2, 0.05 * 8 ** s), 2) for _ in range(5)] for s in range(3)]
                              for _ in range(6)]
    yield 'far from zero', made_up(r, 3, 4, 3, spread=1e-4, step=2e-4, digits=7)
    yield 'one seed a cell', made_up(r, 6, 9, 1)


def main():
    out = []
    for name, blocks in sets():
        k = len(blocks[0])
        expected = {'cells': [[cell(seeds) for seeds in block] for block in blocks], 'ranks': ranks(blocks)}
        for kind, test in (('welch', welch), ('paired', paired)):
            p = [[test(seeds, block[0]) for seeds in block[1:]] for block in blocks]
            adjusted = iter(holm([v for row in p for v in row]))
            expected[kind] = p
            expected[kind + '_holm'] = [[next(adjusted) for _ in row] for row in p]
        out.append({'name': name, 'solvers': ['s%02d' % s for s in range(k)], 'blocks': blocks, 'expected': expected})
    by = 'scipy %s, statsmodels %s, numpy %s' % (scipy.__version__, statsmodels.__version__, np.__version__)
    lines = ',\n'.join(json.dumps(s) for s in out)
    sys.stdout.write('{"by": %s, "sets": [\n%s\n]}\n' % (json.dumps(by), lines))


main()
