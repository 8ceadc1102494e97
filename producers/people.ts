// Simulated people: what they say about a product, and when. Seeded; sometimes wrong, sometimes twice, sometimes correcting themselves or taking it back.
import { isAudited } from '../schemas/audit.ts';
import type { Random } from '../schemas/random.ts';

export type Saying = { /** after the product was sent; 0 or less: said before it */ readonly delayMs: number; readonly feedbackId: string; readonly category: string | null };
/** auditRate: of inference; whoever is audited is verified by all means. 0: nobody asks. */
export type Habits = { readonly verifiedShare: number; readonly minDelayMs: number; readonly maxDelayMs: number; readonly auditRate: number };
export const DEMO_HABITS: Habits = { verifiedShare: 0.6, minDelayMs: 300, maxDelayMs: 2500, auditRate: 0 };
const WRONG = 0.01;
const CORRECTS = 0.02;
const TWICE = 0.02;
const WITHDRAWS = 0.01;
const EARLY = 0.02;

/** What one person says about product `id`, whose true category is `truth`. Empty: nobody verified it. */
export function sayingsAbout(id: string, truth: string, categories: readonly string[], habits: Habits, random: Random): Saying[] {
  const verifies = random.next() < habits.verifiedShare;
  if (!verifies && !isAudited(id, habits.auditRate)) return [];
  const others = categories.filter((category) => category !== truth);
  const delayMs = random.next() < EARLY ? 0 : habits.minDelayMs + random.next() * (habits.maxDelayMs - habits.minDelayMs);
  const later = (): number => delayMs + 100 + random.next() * 1000;
  const say = (n: number, category: string | null, at: number): Saying => ({ delayMs: at, feedbackId: `${id}.${n}`, category });
  const dice = random.next();
  if (dice < WRONG) return [say(1, random.pick(others), delayMs)];
  if (dice < WRONG + CORRECTS) return [say(1, random.pick(others), delayMs), say(2, truth, later())];
  if (dice < WRONG + CORRECTS + TWICE) return [say(1, truth, delayMs), say(1, truth, later())];
  if (dice < WRONG + CORRECTS + TWICE + WITHDRAWS) return [say(1, truth, delayMs), say(2, null, later())];
  return [say(1, truth, delayMs)];
}
