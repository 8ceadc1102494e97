import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LoopError } from '../../schemas/failure.ts';
import { verifiedSubsetUriOf } from '../../schemas/verified.ts';
import type { BlockSize } from './cut.ts';
import { outputHeader, outputUriOf, setAsideUriOf } from './layout.ts';
import { away, bench, INPUT, JOB_ID, type Sent } from './memory.testing.ts';
import { workOn } from './work.ts';

const HEAD = 'product_description\n';
const VERIFIED = 'product_description,HUMAN_VERIFIED_Category\n';
/** The tiny model answers with its second category, whatever the text. */
const ANSWER = 'Fresh & Perishable Items';

/** In the order of the rows, whatever their partitions. */
const inRows = (sent: readonly Sent[]): Sent[] => [...sent].sort((a, b) => Number(a.key.split(':')[1]) - Number(b.key.split(':')[1]));

test('every row: one event and one line, which keeps the row as it stood; ids say job and row as a spreadsheet counts it', async () => {
  const content = 'sku,product_description,note\r\n1,red apple,"fresh, ""crisp"""\r\n\r\n3,"two\nlines",\r\n4,Müsli 500 g,x\r\n';
  const { job, ports, text, sent, told, open } = bench(content);
  const result = await workOn(job, ports);
  const probability = /,(0\.\d{6})\n$/.exec(text(outputUriOf(JOB_ID)) ?? '')?.[1] ?? assert.fail('no probability');
  assert.equal(text(outputUriOf(JOB_ID)), `sku,product_description,note,prediction_id,category,probability\n1,red apple,"fresh, ""crisp""",${JOB_ID}:2,${ANSWER},${probability}\n3,"two\nlines",,${JOB_ID}:4,${ANSWER},${probability}\n4,Müsli 500 g,x,${JOB_ID}:5,${ANSWER},${probability}\n`);
  assert.deepEqual(inRows(sent).map((one) => (one.topic === 'predictions' ? [one.key, one.value.product_description, one.value.model_version, one.value.category] : one)), [[`${JOB_ID}:2`, 'red apple', 'v7', ANSWER], [`${JOB_ID}:4`, 'two\nlines', 'v7', ANSWER], [`${JOB_ID}:5`, 'Müsli 500 g', 'v7', ANSWER]]);
  assert.deepEqual([result.rows, result.bad, result.verified, result.f1, result.setAside, result.subset], [3, 0, 0, undefined, null, null]);
  assert.deepEqual(told[0], { kind: 'counted', rows: 3, bad: 0 });
  assert.equal(open.size, 0);
});
test('verified rows: feedback on this very prediction with the same id in every attempt, a training file of them, and their F1', async () => {
  const { job, ports, text, sent } = bench(`${VERIFIED}apple,${ANSWER}\npear,\nsoap,Household & Personal Care\n`);
  const result = await workOn(job, ports);
  assert.deepEqual(inRows(sent).filter(({ topic }) => topic === 'feedback').map(({ value }) => value), [
    { prediction_id: `${JOB_ID}:2`, feedback_id: `${JOB_ID}:2:verified`, model_name: 'tiny', category: ANSWER, source: 'verified_csv', given_at: 500 },
    { prediction_id: `${JOB_ID}:4`, feedback_id: `${JOB_ID}:4:verified`, model_name: 'tiny', category: 'Household & Personal Care', source: 'verified_csv', given_at: 500 },
  ]);
  assert.equal(text(verifiedSubsetUriOf(JOB_ID)), `product_description,Category,prediction_id\napple,${ANSWER},${JOB_ID}:2\nsoap,Household & Personal Care,${JOB_ID}:4\n`);
  // One of two right: F1 2/3 for the category that was answered, 0 for the other; weighted by support 1/3.
  assert.deepEqual([result.rows, result.verified, result.f1, result.minF1, result.subset], [3, 2, 1 / 3, 0, verifiedSubsetUriOf(JOB_ID)]);
});
test('law: whatever pieces the file is read in and whatever blocks it is cut into, output and events are the same', async () => {
  const content = `${VERIFIED}${Array.from({ length: 40 }, (_, i) => (i % 3 === 0 ? `"späť, ${i}",${ANSWER}` : `thing ${i} €,`)).join('\r\n')}`;
  const outputOf = async (chunkBytes: number, blockSize: BlockSize): Promise<unknown[]> => {
    const { job, ports, text, sent } = bench(content, { chunkBytes });
    await workOn(job, { ...ports, blockSize });
    return [text(outputUriOf(JOB_ID)), text(verifiedSubsetUriOf(JOB_ID)), sent.map((one) => JSON.stringify(one)).sort()];
  };
  const whole = await outputOf(1_000_000, { bytes: 1_000_000, rows: 1_000_000 });
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 50 }), async (chunkBytes, bytes, rows) => {
    assert.deepEqual(await outputOf(chunkBytes, { bytes, rows }), whole);
  }), { numRuns: 60 });
});

const REFUSED: { name: string; content: string | Buffer; says: RegExp; isAlsoRefusedSetAside?: boolean }[] = [
  { name: 'missing column', content: 'description\nx\n', says: /in\.csv: row 1: column product_description missing; the header is 'description'/, isAlsoRefusedSetAside: true },
  { name: 'a column twice', content: 'product_description,product_description\nx,y\n', says: /row 1: column product_description stands twice/, isAlsoRefusedSetAside: true },
  { name: 'nothing at all', content: '', says: /row 1: column product_description missing/, isAlsoRefusedSetAside: true },
  { name: 'no rows', content: HEAD, says: /in\.csv: row 2: there is no usable row under the header/, isAlsoRefusedSetAside: true },
  { name: 'blank rows only', content: `${HEAD}\n \n`, says: /row 2: there is no usable row/, isAlsoRefusedSetAside: true },
  { name: 'Latin-1', content: Buffer.from(`${HEAD}apple\nCr\u00e8me\n`, 'latin1'), says: /in\.csv: row 3: column product_description is not UTF-8/, isAlsoRefusedSetAside: true },
  { name: 'UTF-8 that breaks off', content: Buffer.concat([Buffer.from(`${HEAD}apple\nCr`), Buffer.from([0xc3])]), says: /row 3: column product_description is not UTF-8/, isAlsoRefusedSetAside: true },
  { name: 'UTF-16', content: Buffer.from(`\uFEFF${HEAD}apple\n`, 'utf16le'), says: /row 1: the file is UTF-16/, isAlsoRefusedSetAside: true },
  { name: 'a quote never closed', content: `${HEAD}"apple\npear\n`, says: /in\.csv: row 2, column 1: the file is not CSV: a quote is opened and never closed/, isAlsoRefusedSetAside: true },
  { name: 'unknown category', content: `${VERIFIED}apple,Toys\npear,\n`, says: /in\.csv: refused 1 of 2 rows: row 2, HUMAN_VERIFIED_Category 'Toys' is not one of/ },
  { name: 'ragged rows', content: 'product_description,x\na,1\nb\nc,2,3\n', says: /refused 2 of 3 rows: row 3 has 1 cells, the header has 2; row 4 has 3 cells, the header has 2/ },
  { name: 'NaN and empty', content: `${HEAD}NaN\n\nnull\nok\n`, says: /refused 2 of 3 rows: row 2, product_description is empty \('NaN'\); row 4, product_description is empty \('null'\)/ },
  { name: 'too long', content: `${HEAD}${'x'.repeat(2001)}\nok\n`, says: /row 2, product_description is longer than 2000 characters/ },
  { name: 'not text', content: `${HEAD}a\u0000b\nok\n`, says: /row 2, product_description is not text/ },
  { name: 'many bad rows: the first three are told', content: `${HEAD}${'NaN\n'.repeat(9)}ok\n`, says: /refused 9 of 10 rows: row 2, .*; row 3, .*; row 4, .*; …/ },
];
for (const { name, content, says, isAlsoRefusedSetAside = false } of REFUSED) {
  test(`refused whole, naming file, row and column, and nothing is sent: ${name}`, async () => {
    for (const badRows of isAlsoRefusedSetAside ? (['refuse', 'set_aside'] as const) : (['refuse'] as const)) {
      const { job, ports, sent, text } = bench(content);
      await assert.rejects(workOn({ ...job, badRows }, ports), (error) => error instanceof LoopError && error.kind === 'poison' && says.test(error.message));
      assert.deepEqual([sent.length, text(outputUriOf(JOB_ID))], [0, undefined]);
    }
  });
}
test('set aside: bad rows are counted and listed with file, row, field and reason; the others are predicted', async () => {
  const { job, ports, text } = bench('product_description,HUMAN_VERIFIED_Category\napple,Toys\n,\npear,\nragged\n');
  const result = await workOn({ ...job, badRows: 'set_aside' }, ports);
  assert.deepEqual([result.rows, result.bad, result.setAside], [1, 3, setAsideUriOf(JOB_ID)]);
  assert.match(text(setAsideUriOf(JOB_ID)) ?? '', /^file,row,field,reason\ns3:\/\/dataset\/in\.csv,2,HUMAN_VERIFIED_Category,"'Toys' is not one of .*"\ns3:\/\/dataset\/in\.csv,3,product_description,is empty\ns3:\/\/dataset\/in\.csv,5,\*,"has 1 cells, the header has 2"\n$/);
  assert.match(text(outputUriOf(JOB_ID)) ?? '', /^product_description,HUMAN_VERIFIED_Category,prediction_id,category,probability\npear,,[^\n]*:4,[^\n]*\n$/);
});

test('a file that changed after the job was taken is refused: attempts must not mix', async () => {
  const { job, ports, objects } = bench(`${HEAD}apple\n`);
  objects.set(INPUT, Buffer.from(`${HEAD}another\n`));
  await assert.rejects(workOn(job, ports), /was changed while the job ran/);
});
test('a lease that is lost at the end: no output, nothing half-written', async () => {
  const { job, ports, text, open } = bench(`${VERIFIED}apple,${ANSWER}\n`, { change: { mayFinish: () => Promise.resolve(false) } });
  await assert.rejects(workOn(job, ports), /no longer ours/);
  assert.deepEqual([text(outputUriOf(JOB_ID)), text(verifiedSubsetUriOf(JOB_ID)), open.size], [undefined, undefined, 0]);
});
test('Kafka away for a moment: the same messages are sent again; the output waits for all of them', async () => {
  let failures = 2;
  const { job, ports, sent, text } = bench(`${HEAD}apple\npear\n`, { chunkBytes: 1000 });
  await workOn(job, { ...ports, publish: (messages) => ((failures -= 1) >= 0 ? Promise.reject(away) : ports.publish(messages)) });
  assert.deepEqual(sent.map(({ key }) => key), [`${JOB_ID}:2`, `${JOB_ID}:3`]);
  assert.equal(text(outputUriOf(JOB_ID))?.split('\n').length, 4);
});
test('what is sent leaves while the next rows are scored, though the file gives its rows without a pause', async () => {
  let [open, most] = [0, 0];
  const { job, ports } = bench(`${HEAD}${'apple\n'.repeat(200)}`, { chunkBytes: 60 });
  const answered = await workOn(job, {
    ...ports,
    publish: (messages) => {
      most = Math.max(most, (open += 1));
      return new Promise((resolve) => setImmediate(() => {
        open -= 1;
        resolve(ports.publish(messages));
      }));
    },
  });
  assert.ok(answered.rows === 200 && most <= 3, `${most} open at once`);
});
test('another attempt repeats the first to the letter', async () => {
  const { job, ports, sent, text } = bench(`${VERIFIED}apple,${ANSWER}\npear,\n`);
  await workOn(job, ports);
  const [first, output] = [[...sent], text(outputUriOf(JOB_ID))];
  sent.length = 0;
  await workOn(job, ports);
  assert.deepEqual([sent, text(outputUriOf(JOB_ID))], [first, output]);
});
test('input columns that bear our names come back as input_<name>', () => {
  assert.equal(outputHeader(['prediction_id', 'product_description', 'category', 'a,b']), 'input_prediction_id,product_description,input_category,"a,b",prediction_id,category,probability\n');
  assert.equal(outputHeader(['category', 'input_category', 'product_description']), 'input_input_category,input_category,product_description,prediction_id,category,probability\n');
});
test('the probability is that of the answer, as in the event', async () => {
  const { job, ports, sent, text } = bench(`${HEAD}apple\n`);
  await workOn(job, ports);
  const [one] = sent;
  const list = one?.topic === 'predictions' ? one.value.probabilities : [];
  assert.equal(text(outputUriOf(JOB_ID))?.trim().split(',').at(-1), list.find(({ category }) => category === ANSWER)?.probability.toFixed(6));
});
