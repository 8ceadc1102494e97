// An inference without HTTP that kills or suspends itself when it has loaded a promotion and is about to swap. For the crash table only: CRASH_SEQ, CRASH_HOW (kill | stop).
// Standard output: `serves VERSION SEQ` at each swap.
import { writeSync } from 'node:fs';
import { followPromotions } from '../consumers/promotions.ts';
import { createReadObject } from '../consumers/objects.ts';
import { silent } from '../producers/kafka.ts';
import { openRegistry } from '../producers/connections.ts';
import { readModelSettings } from '../schemas/settings.ts';
import type { ServingModel } from './serving/loader.ts';
import { keepModel } from './serving/models.ts';
import { createSlot } from './serving/slot.ts';

const settings = readModelSettings(process.env);
const { CRASH_SEQ, CRASH_HOW } = process.env;
const tell = (...words: (string | number)[]): void => void writeSync(1, `${words.join(' ')}\n`);
const registry = openRegistry(settings);
const slot = createSlot<ServingModel>(() => undefined);
let crashed = false;
const keeper = keepModel({
  modelName: settings.modelName, read: createReadObject(settings), log: silent, onSwap: (model) => tell('serves', model.version, model.promotionSeq),
  slot: {
    ...slot,
    swap(model) {
      if (String(model.promotionSeq) === CRASH_SEQ && !crashed) {
        crashed = true;
        tell('at', 'swap');
        process.kill(process.pid, CRASH_HOW === 'stop' ? 'SIGSTOP' : 'SIGKILL');
      }
      slot.swap(model);
    },
  },
});
const following = await followPromotions({ settings, registry, clientId: 'inference-crash', log: silent, onFatal: () => process.exit(1), onPromotion: (event) => keeper.offer(event), onCaughtUp: () => keeper.caughtUp() });
process.once('SIGTERM', () => {
  keeper.stop();
  void following.stop().then(() => process.exit(0));
});
