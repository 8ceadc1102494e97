// What is to be forgotten, and files without it: every other row as it stood, to the byte.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readRecords, writeCsv } from '../../schemas/csv.ts';
import { erasedIn, isErasure } from '../../schemas/erasure.ts';
import { normalise } from '../../schemas/features.ts';
import { readSettings } from '../../schemas/settings.ts';
import { topicSpecs } from '../../schemas/topics.ts';
import { formsOf, markRedacted, retentionLines, targetOf } from './plan.ts';
import { redactCsv, type Forget } from './redact.ts';

const forget = (more: Partial<Record<keyof Forget, readonly string[]>>): Forget => ({ texts: new Set(more.texts ?? []), ids: new Set(more.ids ?? []), labelTexts: new Set(more.labelTexts ?? []) });
const TRAINING = 'product_description,Category\nOat Milk,Beverages\n"Anna\'s ""secret"" soap",Household\nTea,Beverages\n';

test('rows go by text, whatever its case and spaces; the others keep their bytes', () => {
  assert.deepEqual(redactCsv(TRAINING, forget({ texts: ['oat milk'] })), { text: TRAINING.replace('Oat Milk,Beverages\n', ''), removed: 1 });
  assert.equal(redactCsv(TRAINING, forget({ texts: [normalise("ANNA'S  \"secret\" soap")] }))?.text, 'product_description,Category\nOat Milk,Beverages\nTea,Beverages\n');
  assert.equal(redactCsv(TRAINING, forget({ texts: ['coffee'] })), undefined);
  assert.equal(redactCsv(TRAINING, forget({})), undefined);
});
test('of a dataset, an id takes rows that came from labels, not the base row of the same text', () => {
  const rows = 'product_description,Category,part,source,said_at_ms,weight,recent\nTea,Beverages,training,base,0,1,0\nTea,Beverages,training,label,5,3,1\n';
  assert.equal(redactCsv(rows, forget({ labelTexts: ['tea'] }))?.text, rows.split('\n').filter((line) => !line.includes(',label,')).join('\n'));
  assert.equal(redactCsv(rows, forget({ texts: ['tea'] }))?.removed, 2);
});
test('of a batch output, rows go by their id; a file that says neither is left alone', () => {
  const output = 'name,prediction_id,category,probability\nx,j:2,Beverages,0.9\ny,j:3,Beverages,0.8\n';
  assert.equal(redactCsv(output, forget({ ids: ['j:2'] }))?.text, 'name,prediction_id,category,probability\ny,j:3,Beverages,0.8\n');
  assert.equal(redactCsv('a,b\nOat Milk,2\n', forget({ texts: ['oat milk'], ids: ['2'] })), undefined);
  assert.equal(redactCsv('', forget({ texts: ['x'] })), undefined);
});
test('ends of lines and a mark at the start stay as they are', () => {
  assert.equal(redactCsv('product_description,Category\rTea,B\r"Oat\nMilk",B\r', forget({ texts: ['tea'] }))?.text, 'product_description,Category\r"Oat\nMilk",B\r');
  assert.equal(redactCsv('\ufeffproduct_description,Category\r\nTea,B\r\nOat Milk,B\r\n', forget({ texts: ['tea'] }))?.text, '\ufeffproduct_description,Category\r\nOat Milk,B\r\n');
});
test('law: what is left is exactly what is not to be forgotten, and doing it again does nothing', () => {
  const word = fc.constantFrom('Tea', 'tea ', 'Oat, Milk', 'a "b"', 'line\nbreak', 'Wasser');
  fc.assert(fc.property(fc.array(fc.record({ text: word, id: fc.constantFrom('1', '2', '3') }), { maxLength: 12 }), fc.subarray(['tea', 'oat, milk', 'wasser', 'line break']), fc.subarray(['1', '2']), (rows, texts, ids) => {
    const csv = writeCsv(['product_description', 'prediction_id'], rows.map(({ text, id }) => [text, id]));
    const wish = forget({ texts, ids });
    const kept = rows.filter(({ text, id }) => !texts.includes(normalise(text)) && !ids.includes(id));
    const redacted = redactCsv(csv, wish);
    assert.equal(redacted?.removed ?? 0, rows.length - kept.length);
    assert.deepEqual(readRecords(Buffer.from(redacted?.text ?? csv)).map((record) => [record['product_description'], record['prediction_id']]), kept.map(({ text, id }) => [text, id]));
    if (redacted !== undefined) assert.equal(redactCsv(redacted.text, wish), undefined);
  }));
});
test('an id stands for its own prediction, a text for all that say it; ids nobody knows are told', () => {
  const spoken = [{ id: 'p1', text: 'Oat Milk' }, { id: 'p2', text: 'oat  milk' }, { id: 'p3', text: 'Tea' }];
  const byId = targetOf({ ids: ['p1', 'p9'], texts: [] }, spoken);
  assert.deepEqual([[...byId.ids], [...byId.texts], [...byId.labelTexts], byId.unknown, byId.spellings], [['p1', 'p9'], [], ['oat milk'], ['p9'], ['Oat Milk']]);
  const byText = targetOf({ ids: [], texts: ['OAT MILK'] }, spoken);
  assert.deepEqual([[...byText.ids].sort(), [...byText.texts], byText.unknown], [['p1', 'p2'], ['oat milk'], []]);
});
test('a manifest keeps what it said and tells every erasure', () => {
  const once = markRedacted('{"hash":"h","run_id":"r"}', { at: 'now', erasure_id: 'e1', rows: 2, sha256_before: 'h', sha256_after: 'i' });
  const twice = JSON.parse(markRedacted(once, { at: 'later', erasure_id: 'e2', rows: 1, sha256_before: 'i', sha256_after: 'j' })) as { hash: string; redacted: { erasure_id: string }[] };
  assert.deepEqual([twice.hash, twice.redacted.map((one) => one.erasure_id)], ['h', ['e1', 'e2']]);
});
test('how long topics keep it is said with the settings in force', () => {
  const lines = retentionLines(topicSpecs(readSettings({ HORIZON_MS: String(10 * 86_400_000) })));
  assert.match(lines.join('\n'), /products .* 7 days[^]*predictions .* 20 days[^]*dead-letters .* 30 days/);
});
test('the word of an erasure is understood by all who hear it', () => {
  assert.deepEqual([isErasure({ source: 'erasure', category: null }), isErasure({ source: 'erasure', category: 'Beverages' }), isErasure({ source: 'me', category: null })], [true, false, false]);
  const read = (action: string, details_json: string) => erasedIn({ action, details_json });
  assert.deepEqual([read('erase', '{"prediction_ids":["a",1,"b"]}'), read('rollback', '{"prediction_ids":["a"]}'), read('erase', 'no JSON'), read('erase', '{}'), read('erase', 'null')], [['a', 'b'], [], [], [], []]);
  assert.deepEqual(formsOf(['a "b" & <c>']), ['a "b" & <c>', 'a \\"b\\" & <c>', 'a &quot;b&quot; &amp; &lt;c&gt;']);
});
