// The three ways to fail. transient: back off, do not commit. poison: dead letter, then commit. fatal: exit non-zero.
export type FailureKind = 'transient' | 'poison' | 'fatal';

/** An error with a code, a kind and fields worth logging. `message` names what is wrong and, where a person reads it, the fix. */
export class LoopError extends Error {
  readonly code: string;
  readonly kind: FailureKind;
  readonly fields: Readonly<Record<string, unknown>>;
  constructor(kind: FailureKind, code: string, message: string, options: { cause?: unknown; fields?: Record<string, unknown> } = {}) {
    super(message, { cause: options.cause });
    this.name = 'LoopError';
    this.code = code;
    this.kind = kind;
    this.fields = options.fields ?? {};
  }
  get retryable(): boolean {
    return this.kind === 'transient';
  }
}

export const transient = (code: string, message: string, options?: { cause?: unknown; fields?: Record<string, unknown> }): LoopError => new LoopError('transient', code, message, options);
/** What is thrown within has no stack: for errors that tell of a record, not of a place in the code. In a flood of bad records taking stacks would cost more than all else. */
export function withoutStacks<R>(act: () => R): R {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return act();
  } finally {
    Error.stackTraceLimit = before;
  }
}
export const poison = (code: string, message: string, options?: { cause?: unknown; fields?: Record<string, unknown> }): LoopError => withoutStacks(() => new LoopError('poison', code, message, options));
export const fatal = (code: string, message: string, options?: { cause?: unknown; fields?: Record<string, unknown> }): LoopError => new LoopError('fatal', code, message, options);

/** The kind of any thrown thing; never throws. A foreign error says `retryable: true`/`retriable: true` or carries a network code; anything else is fatal. */
export function kindOf(error: unknown): FailureKind {
  if (error instanceof LoopError) return error.kind;
  if (typeof error !== 'object' || error === null) return 'fatal';
  const read = (name: string): unknown => Reflect.get(error, name);
  if (read('retryable') === true || read('retriable') === true) return 'transient';
  const code = read('code');
  if (typeof code === 'string' && /^(ECONN|ETIMEDOUT|EPIPE|EAI_AGAIN|ENOTFOUND|EHOST|PROTOCOL_CONNECTION_LOST)/.test(code)) return 'transient';
  const cause = read('cause');
  return cause === undefined || cause === error ? 'fatal' : kindOf(cause);
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
