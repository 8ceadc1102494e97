// Ctrl-C, a polite kill and a closed terminal are one thing: a person wants it to end.
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Calls `react` at each of the signals until the returned function is called. */
export function onInterrupt(react: () => void): () => void {
  for (const signal of SIGNALS) process.on(signal, react);
  return () => {
    for (const signal of SIGNALS) process.removeListener(signal, react);
  };
}
