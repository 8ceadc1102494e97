// A stream of labels with liars in it. Pure: products, the model's answers and dice are arguments.
import type { Labelled } from '../../schemas/events.ts';
import type { Random } from '../../schemas/random.ts';

/** random: any wrong category. push: always one category. alarm: always against the model. hide: agrees with the model where it errs, so that a fall is not seen. */
export const ATTACKS = ['random', 'push', 'alarm', 'hide'] as const;
export type Attack = (typeof ATTACKS)[number];
export type Shown = { readonly text: string; readonly truth: string; readonly predicted: string };
export type Lies = { readonly attack: Attack; /** of the labels, from `from` on */ readonly share: number; /** names the liars go by */ readonly names: number; readonly from: number };
export type Said = { readonly event: Labelled; readonly text: string; readonly isLie: boolean };

export const HONEST = 20;
export const LABELS_PER_HOUR = 600;
/** Of the labels: of predictions chosen by their id for verification, which a source of higher rank has answered. */
export const AUDITED = 0.05;
const HONEST_ERRORS = 0.01;
/** Liars choose among so many predictions of the time. */
const NEAR = 200;
export const isLiar = (source: string): boolean => source.startsWith('liar');

function lieAbout({ truth, predicted }: Shown, { attack }: Lies, pushed: string, categories: readonly string[], random: Random): string {
  switch (attack) {
    case 'random': return random.pick(categories.filter((one) => one !== truth));
    case 'push': return pushed;
    case 'alarm': return random.pick(categories.filter((one) => one !== predicted && one !== truth));
    case 'hide': return predicted;
  }
}
/** Liars choose what they label: to hide they need the model's errors, to push what is something else, to alarm what the model gets right. */
function suits({ truth, predicted }: Shown, attack: Attack, pushed: string): boolean {
  return attack === 'hide' ? predicted !== truth : attack === 'push' ? truth !== pushed && predicted !== pushed : attack === 'alarm' ? predicted === truth : true;
}

/** One label every 600th part of an hour. shown: what there is to label, in its order. lies undefined: nobody lies. */
export function streamOf(shown: readonly Shown[], lies: Lies | undefined, categories: readonly string[], pushed: string, random: Random): Said[] {
  return shown.map((honest, i): Said => {
    const isLie = lies !== undefined && i >= lies.from && random.next() < lies.share;
    let about = honest;
    if (isLie) for (let tries = 0; tries < 200 && !suits(about, lies.attack, pushed); tries += 1) about = shown[Math.max(0, Math.min(i, shown.length - NEAR)) + random.below(NEAR)] ?? honest;
    const audit = !isLie && random.next() < AUDITED;
    const label = isLie ? lieAbout(about, lies, pushed, categories, random) : !audit && random.next() < HONEST_ERRORS ? random.pick(categories.filter((one) => one !== about.truth)) : about.truth;
    const at = Math.round((i * 3_600_000) / LABELS_PER_HOUR);
    return {
      text: about.text, isLie,
      event: {
        prediction_id: `p${i}`, model_name: 'grocery', model_version: 'v1', revision: 0, predicted: about.predicted, label, previous_label: null, previous_labelled_at: null, labelled_at: at, predicted_at: at, audit,
        source: isLie ? `liar-${random.below(lies.names)}` : audit ? 'auditor' : `person-${random.below(HONEST)}`,
      },
    };
  });
}
