// What stands on `tallies` beside the cells: the snapshot's own JSON, and the settings the monitor has judged by.
import { restartsOf, settingsErasOf } from '../../../consumers/monitor/eras.ts';
import { isReadable } from '../../../consumers/monitor/snapshot.ts';
import type { Tally } from '../../../schemas/events.ts';
import { mutateEither } from '../mutate.ts';
import type { Decoder } from '../run.ts';

const utf8 = new TextDecoder();
const tally = (kind: string, state_json: string): Tally => ({ model_name: 'm', model_version: 'v1', kind, bucket_start_ms: 0, bucket_length_ms: 0, cells: [], state_json, labelled_partition: 0, labelled_offset: 1 });
const WHOLE = tally('partition', '{"format":2,"streamMs":1,"recallFrom":null,"openedAtMs":[]}');
/** Which of them a text may be: refused by one, it is still told to the others. */
function readAs(text: string): unknown {
  const readable = [isReadable(new Map([['partition/0', tally('partition', text)]]), 0), isReadable(new Map([['partition/0', WHOLE], ['m/v1/detector', tally('detector', text)]]), 0)];
  return text.includes('promotion_seq') ? [readable, restartsOf([tally('restart', text)], 0)] : [readable, settingsErasOf([tally('settings', text)], 0)];
}
export const SNAPSHOT_DECODER: Decoder = {
  name: 'snapshot', share: 30, tokens: ['null', '[]', '"format":2', '"promotion_seq":1', '"defaults":null', '"models":null', '1e999'],
  make: mutateEither,
  decode: (bytes) => readAs(utf8.decode(bytes)),
};
