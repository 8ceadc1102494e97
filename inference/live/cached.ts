// One answer for all who ask within a while, and one question under way for all who wait.
export function cachedFor<T>(ms: number, nowMs: () => number, ask: () => Promise<T>): () => Promise<T> {
  let known: { readonly answer: Promise<T>; readonly atMs: number } | undefined;
  return () => {
    if (known !== undefined && nowMs() - known.atMs < ms) return known.answer;
    const answer = ask();
    known = { answer, atMs: nowMs() };
    // A failure is nobody's answer but of those who wait for it.
    answer.catch(() => (known = undefined));
    return answer;
  };
}
