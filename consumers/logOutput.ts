// Where log lines go. A log that cannot be written (a full disk, a reader that has gone) must neither end nor hold up the process: pino's own stream waits for ever in such a case,
// at the latest when it exits. What is lost is counted, and told as soon as a line can be written again.

/** Writes bytes and returns how many were taken; throws what the system says. */
export type WriteNow = (bytes: Uint8Array) => number;
export type LogOutput = { write(line: string): void };
/** A pipe whose reader is slow takes nothing for a moment. */
const BUSY = new Set<unknown>(['EAGAIN', 'EBUSY']);
const TRIES = 50;

/** writeNow: to the log's file or pipe. rest: waits a moment. nowMs: for the line that tells of losses. */
export function createLogOutput(writeNow: WriteNow, rest: () => void, nowMs: () => number): LogOutput {
  let lost = 0;
  let reason = '';
  /** The end of a line that was cut off: the next one begins a line of its own. */
  let torn = false;
  function put(text: string): boolean {
    let bytes: Uint8Array = Buffer.from(text);
    const whole = bytes.length;
    for (let tries = 0; bytes.length > 0;) {
      try {
        bytes = bytes.subarray(writeNow(bytes));
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
        const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
        if (!BUSY.has(code) || (tries += 1) > TRIES) {
          if (bytes.length < whole) torn = true;
          return false;
        }
        rest();
      }
    }
    return true;
  }
  return {
    write(line) {
      if (torn && put('\n')) torn = false;
      if (lost > 0 && !torn && put(`${JSON.stringify({ level: 40, time: nowMs(), lost, reason, msg: 'lines of this log could not be written' })}\n`)) lost = 0;
      if (torn || lost > 0 || !put(line)) lost += 1;
    },
  };
}
