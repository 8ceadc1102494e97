// Sends what a person says of predictions. Words about one prediction arrive in the order they were said, words about different ones travel side by side.
import type { Answer, Client } from './client.ts';

export type Say = (predictionId: string, category: string | null, feedbackId: string) => Promise<Answer<unknown>>;
export function createSaying(client: Client): Say {
  const last = new Map<string, Promise<unknown>>();
  return (predictionId, category, feedbackId) => {
    const next = (last.get(predictionId) ?? Promise.resolve()).then(() => client.post('/v1/feedback', { prediction_id: predictionId, category, source: 'console', feedback_id: feedbackId }));
    last.set(predictionId, next);
    void next.then(() => last.get(predictionId) === next && last.delete(predictionId));
    return next;
  };
}
