// One of the threads of a batch process: answers each order in turn.
import { parentPort } from 'node:worker_threads';
import { kindOf, LoopError, messageOf } from '../../schemas/failure.ts';
import type { Order, Reply } from './crew.ts';
import { bytesIn, createHand } from './hand.ts';

const port = parentPort;
if (port === null) throw new Error('thread.ts is a worker thread');
const hand = createHand();

function answer(order: Order): Reply {
  switch (order.kind) {
    case 'check by': hand.checkBy(order.checking); return { kind: 'done' };
    case 'score by': hand.scoreBy(order.model, order.wire); return { kind: 'done' };
    case 'check': return { kind: 'checked', census: hand.check(order.block), block: order.block.bytes };
    case 'score':
      hand.reuse(order.back);
      return { kind: 'scored', scored: hand.score(order.block, order.nowMs), block: order.block.bytes };
  }
}
/** Memory that goes to the other side with an answer. */
function given(reply: Reply): ArrayBuffer[] {
  if (reply.kind !== 'checked' && reply.kind !== 'scored') return [];
  const all = reply.kind === 'checked' ? [reply.block] : [reply.block, ...bytesIn(reply.scored)];
  return all.map(({ buffer }) => buffer as ArrayBuffer);
}

port.on('message', (order: Order) => {
  let reply: Reply;
  try {
    reply = answer(order);
  } catch (error) {
    reply = { kind: 'failed', of: kindOf(error), code: error instanceof LoopError ? error.code : 'unexpected', message: messageOf(error) };
  }
  port.postMessage(reply, given(reply));
});
