// Who works on the blocks of a file: threads of the job's process, so that scoring keeps a core busy while the main thread talks to S3 and Kafka. Bytes are handed over, not copied.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { LoopError, transient, type FailureKind } from '../../schemas/failure.ts';
import type { Block } from './cut.ts';
import type { Checking, Model, ScoredBlock, Wire } from './hand.ts';
import type { Census } from './rows.ts';

export type Crew = {
  /** So many blocks at once keep everybody busy. */
  readonly blocks: number;
  checkBy(checking: Checking): void;
  scoreBy(model: Model, wire: Wire): Promise<void>;
  /** A block given away is not to be read again. */
  check(block: Block): Promise<Census>;
  score(block: Block, nowMs: number): Promise<ScoredBlock>;
  /** Memory for a block, of blocks that are done. */
  room(): Uint8Array | undefined;
  /** Bytes of a scored block that have been read: their memory is used again. */
  giveBack(bytes: readonly Uint8Array[]): void;
  close(): void;
};
export type Order = { readonly kind: 'check by'; readonly checking: Checking } | { readonly kind: 'score by'; readonly model: Model; readonly wire: Wire } | { readonly kind: 'check'; readonly block: Block } | { readonly kind: 'score'; readonly block: Block; readonly nowMs: number; readonly back: readonly Uint8Array[] };
/** To each order one answer, in their order. */
export type Reply = { readonly kind: 'done' } | { readonly kind: 'checked'; readonly census: Census; readonly block: Uint8Array } | { readonly kind: 'scored'; readonly scored: ScoredBlock; readonly block: Uint8Array } | { readonly kind: 'failed'; readonly of: FailureKind; readonly code: string; readonly message: string };

const THREAD = join(import.meta.dirname, 'thread.ts');
/** More than two have nothing to do while one thread talks to S3 and Kafka. */
const MOST_THREADS = 2;
/** One is worked on while the next one waits. */
const BLOCKS_PER_THREAD = 2;

type Waiting = { readonly resolve: (reply: Reply) => void; readonly reject: (error: unknown) => void };
type Member = { ask(order: Order, give?: readonly Uint8Array[]): Promise<Reply>; readonly waiting: () => number; close(): void };

function hire(): Member {
  const worker = new Worker(THREAD);
  const waiting: Waiting[] = [];
  let ended: LoopError | undefined;
  const end = (why: string): void => {
    ended = transient('child_ended', `a thread of the batch process ended early (${why})`);
    for (const one of waiting.splice(0)) one.reject(ended);
  };
  worker.on('message', (reply: Reply) => {
    const one = waiting.shift();
    if (reply.kind === 'failed') one?.reject(new LoopError(reply.of, reply.code, reply.message));
    else one?.resolve(reply);
  });
  worker.on('error', (error) => end(error.message));
  worker.on('exit', (code) => end(`exit ${code}`));
  return {
    ask(order, give = []) {
      if (ended !== undefined) return Promise.reject(ended);
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        worker.postMessage(order, give.map(({ buffer }) => buffer as ArrayBuffer));
      });
    },
    waiting: () => waiting.length,
    close: () => void worker.terminate(),
  };
}

export function openCrew(threads = Math.min(MOST_THREADS, availableParallelism())): Crew {
  const members = Array.from({ length: threads }, hire);
  const all = (order: Order): Promise<Reply[]> => Promise.all(members.map((one) => one.ask(order)));
  /** Whoever has least to do. */
  const next = (order: Order, give: readonly Uint8Array[]): Promise<Reply> => members.reduce((a, b) => (b.waiting() < a.waiting() ? b : a)).ask(order, give);
  const rooms: Uint8Array[] = [];
  const back: Uint8Array[] = [];
  const roomOf = ({ buffer }: Uint8Array): void => void rooms.push(new Uint8Array(buffer));
  return {
    blocks: threads * BLOCKS_PER_THREAD,
    checkBy: (checking) => void all({ kind: 'check by', checking }).catch(() => undefined),
    async scoreBy(model, wire) {
      await all({ kind: 'score by', model, wire });
    },
    async check(block) {
      const reply = await next({ kind: 'check', block }, [block.bytes]);
      if (reply.kind !== 'checked') return strange(reply);
      roomOf(reply.block);
      return reply.census;
    },
    async score(block, nowMs) {
      const all = back.splice(0);
      const reply = await next({ kind: 'score', block, nowMs, back: all }, [block.bytes, ...all]);
      if (reply.kind !== 'scored') return strange(reply);
      roomOf(reply.block);
      return reply.scored;
    },
    room: () => rooms.pop(),
    giveBack: (bytes) => void back.push(...bytes),
    close: () => members.forEach((one) => one.close()),
  };
}
const strange = ({ kind }: Reply): never => {
  throw new TypeError(`a thread answered '${kind}'`);
};
