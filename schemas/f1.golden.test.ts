// Our F1 against scikit-learn's f1_score on the same pairs, to 1e-12. Provenance stands in the file; make_f1_golden.py makes it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import golden from './golden/f1.golden.json' with { type: 'json' };
import { addCell, emptyConfusion, type Confusion } from './confusion.ts';
import { scoresOf } from './f1.ts';

const near = (have: number | undefined, want: number, what: string): void => assert.ok(have !== undefined && Math.abs(have - want) < 1e-12, `${what}: ${have} is not ${want}`);

for (const { name, labels, predicted, categories, weighted, macro, micro, classes } of golden.cases) {
  test(`equals scikit-learn ${golden.provenance['scikit-learn']}: ${name}`, () => {
    const cells = labels.reduce((into: Confusion, label, i) => addCell(into, label, predicted[i] ?? '', 1), emptyConfusion);
    const scores = scoresOf(cells);
    near(scores.weighted, weighted, 'weighted');
    near(scores.macro, macro, 'macro');
    near(scores.micro, micro, 'micro');
    categories.forEach((category, i) => near(scores.classes.find((one) => one.category === category)?.f1, classes[i] ?? Number.NaN, category));
  });
}
