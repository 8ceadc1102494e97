// A batch job that sends its first messages and then hangs: what is killed or cancelled in the middle. For tests only.
import { answerParent } from './process.ts';

const SENDS = 2;
answerParent((ports) => {
  let sends = 0;
  return { ...ports, publish: (messages) => ((sends += 1) <= SENDS ? ports.publish(messages) : new Promise(() => undefined)) };
});
