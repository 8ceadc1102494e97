// One object for all predictions that agree in everything but id, text and time: the join holds many millions of them. Pure.
import type { Prediction } from '../../schemas/events.ts';
import type { Shape } from './store.ts';

export type Shared = { of(event: Prediction): Shape };
/** The latest few of a version and category are found without making a key. */
const NEAR = 8;

function isOf(shape: Shape, { model_name, audit, probabilities }: Prediction): boolean {
  if (shape.modelName !== model_name || shape.audit !== audit || shape.categories.length !== probabilities.length) return false;
  for (let i = 0; i < probabilities.length; i += 1) if (shape.categories[i] !== probabilities[i]?.category) return false;
  return true;
}

export function createShared(): Shared {
  const all = new Map<string, Shape>();
  const latest = new Map<string, Map<string, Shape[]>>();
  function find(event: Prediction): Shape {
    let key = `${event.model_name}\n${event.model_version}\n${event.category}\n${event.audit ? 1 : 0}`;
    for (const one of event.probabilities) key += `\n${one.category}`;
    const found = all.get(key);
    if (found !== undefined) return found;
    const shape = { modelName: event.model_name, modelVersion: event.model_version, categories: event.probabilities.map((one) => one.category), category: event.category, audit: event.audit };
    all.set(key, shape);
    return shape;
  }
  return {
    of(event) {
      const near = latest.get(event.model_version)?.get(event.category) ?? [];
      for (const shape of near) if (isOf(shape, event)) return shape;
      const shape = find(event);
      const byCategory = latest.get(event.model_version) ?? new Map<string, Shape[]>();
      latest.set(event.model_version, byCategory.set(event.category, [shape, ...near].slice(0, NEAR)));
      return shape;
    },
  };
}
