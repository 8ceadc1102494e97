// Dead letters on the real loop: records nobody can use are listed with their reasons and bytes, and one is sent again after its cause has gone.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { openBench, until } from '../../stack/testing.ts';

type Letter = { id: string; topic: string; reason: string; error: string; key: string | null; bytes_base64: string | null; length: number; text: string | null; resent: boolean };
type Letters = { items: Letter[]; next: string | null };

test('poison is listed from the end backwards, filtered and page by page; sent again it comes back as poison, once', async (t) => {
  const bench = await openBench(t);
  const url = `http://127.0.0.1:${bench.settings.inferencePort}/v1/dead-letters`;
  const headers = { authorization: `Bearer ${bench.tokens['admin'] ?? ''}` };
  const list = async (query: Record<string, string>): Promise<Letters> => {
    const answer = await fetch(`${url}?${new URLSearchParams(query).toString()}`, { headers });
    assert.equal(answer.status, 200, await answer.clone().text());
    return (await answer.json()) as Letters;
  };
  const mark = randomUUID();
  const bytes = Buffer.from(`not avro ${mark}`);
  const blank = { product_id: `blank-${mark}`, prediction_id: null, model_name: 'grocery', product_description: ' ', sent_at: 0 };
  await bench.publisher.send([{ topic: 'products', key: `bytes-${mark}`, raw: bytes }]);
  const mine = (letters: Letters): Letter[] => letters.items.filter((one) => one.key?.endsWith(mark));
  const [first] = await until('the poison is listed', async () => {
    const found = mine(await list({ topic: 'products' }));
    return found.length > 0 ? found : undefined;
  });
  assert.ok(first !== undefined);
  assert.deepEqual([first.topic, first.reason, first.key, Buffer.from(first.bytes_base64 ?? '', 'base64'), first.length, first.text, first.resent], ['products', 'not_framed', `bytes-${mark}`, bytes, bytes.length, `not avro ${mark}`, false]);
  await bench.publisher.send([{ topic: 'products', key: `blank-${mark}`, value: blank }]);
  const [second] = await until('an event that was refused is listed, and told as JSON', async () => {
    const found = mine(await list({ limit: '5' }));
    return found[0]?.reason === 'refused' ? found : undefined;
  });
  assert.deepEqual(JSON.parse(second?.text ?? ''), blank);
  assert.deepEqual(mine(await list({ topic: 'feedback' })), []);
  const page = await list({ limit: '1', topic: 'products' });
  const next = await list({ limit: '1', topic: 'products', before: page.next ?? '' });
  assert.deepEqual([page.items[0]?.id, next.items[0]?.id], [second?.id, first.id]);

  const resend = async (query = ''): Promise<number> => (await fetch(`${url}/${encodeURIComponent(first.id)}/resend${query}`, { method: 'POST', headers })).status;
  assert.deepEqual((await Promise.all([resend(), resend()])).sort(), [202, 409]);
  const back = await until('nothing was mended: it comes back', async () => {
    const found = mine(await list({ topic: 'products' }));
    return found.length === 3 ? found : undefined;
  });
  assert.deepEqual(back.map(({ reason, bytes_base64, resent }) => [reason, bytes_base64 === first.bytes_base64, resent]), [['not_framed', true, false], ['refused', false, false], ['not_framed', true, true]]);
  assert.equal(await resend('?again=true'), 202);
});
