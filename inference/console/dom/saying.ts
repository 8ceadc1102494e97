// Sends what a person says of predictions. Words about one prediction arrive in the order they were said, words about different ones travel side by side.
import type { Answer, Client } from './client.ts';

export type Say = (predictionId: string, category: string | null, feedbackId: string) => Promise<Answer<unknown>>;
/** name: of the token, so that the service can tell how much of the day is whose. */
export function createSaying(client: Client, name: string): Say {
  const last = new Map<string, Promise<unknown>>();
  return (predictionId, category, feedbackId) => {
    const next = (last.get(predictionId) ?? Promise.resolve()).then(() => client.post('/v1/feedback', { prediction_id: predictionId, category, source: `console/${name}`, feedback_id: feedbackId }));
    last.set(predictionId, next);
    void next.then(() => last.get(predictionId) === next && last.delete(predictionId));
    return next;
  };
}
