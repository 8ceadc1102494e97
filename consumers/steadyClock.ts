// A clock that may be late but never early: for deadlines whose passing takes something away. When the wall clock jumps ahead (somebody set it, a virtual machine woke up) time goes on from
// where it was, as the monotonic clock counts it; when it is set back, it is believed. A clock that was wrong from the start cannot be told from a right one.
// Whole milliseconds, as broker times are: what is committed beside positions is made of them.
export function steadyClock(wallMs: () => number, monotonicMs: () => number): () => number {
  const began = wallMs() - monotonicMs();
  return () => Math.floor(Math.min(wallMs(), began + monotonicMs()));
}
