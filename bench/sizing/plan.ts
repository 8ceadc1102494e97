// How much of what a load needs, from what the benchmarks measured on one machine. Pure arithmetic: nothing here is known about your network, your disks or your broker.

export type Measured = {
  /** rows a core of inference works off in a second, exactly once */ readonly inferencePerCoreSecond: number; readonly inferenceRssMb: number;
  /** predictions and feedback that a core of join and monitor together works off in a second */ readonly joinPerCoreSecond: number;
  /** of memory and of disk that the join keeps for one prediction that waits */ readonly joinBytesPerPrediction: number; readonly diskBytesPerPrediction: number;
};
export type Load = { readonly productsPerSecond: number; /** of the predictions that get a label */ readonly labelledShare: number; readonly horizonDays: number };
export type Need = {
  readonly productsPerSecond: number; readonly feedbackPerSecond: number; /** cores busy half of the time */ readonly inferenceCores: number; readonly joinCores: number; /** kept by the join until their horizon is over */ readonly waiting: number; readonly joinMemoryGb: number; readonly joinDiskGb: number;
  /** of the inputs: a member works on whole ones, and none should need more than half a core */ readonly partitions: number; readonly inferenceInstances: number; readonly joinMembers: number;
};
/** Half of a core stays free: for catching up after a pause, and for garbage. */
const BUSY = 0.5;
const MEMBER_MEMORY_GB = 8;
const SPARE = 2;
const DAY_S = 86_400;
const GB = 1e9;

export function needOf({ productsPerSecond, labelledShare, horizonDays }: Load, measured: Measured): Need {
  const feedbackPerSecond = productsPerSecond * labelledShare;
  const inferenceCores = productsPerSecond / measured.inferencePerCoreSecond / BUSY;
  const joinCores = (productsPerSecond + feedbackPerSecond) / measured.joinPerCoreSecond / BUSY;
  const waiting = productsPerSecond * horizonDays * DAY_S;
  const joinMemoryGb = (waiting * measured.joinBytesPerPrediction) / GB;
  const inferenceInstances = Math.max(SPARE, Math.ceil(inferenceCores));
  const joinMembers = Math.max(SPARE, Math.ceil(joinCores), Math.ceil(joinMemoryGb / MEMBER_MEMORY_GB));
  return {
    productsPerSecond, feedbackPerSecond, inferenceCores, joinCores, waiting, joinMemoryGb, joinDiskGb: (waiting * measured.diskBytesPerPrediction) / GB,
    partitions: evenly(Math.max(inferenceInstances, joinMembers) * SPARE), inferenceInstances, joinMembers,
  };
}
/** Partitions are fixed at creation: a number that many member counts divide. */
const EVEN = [4, 6, 12, 24, 48, 60, 120, 240, 360, 480, 720, 1024] as const;
const evenly = (least: number): number => EVEN.find((one) => one >= least) ?? Math.ceil(least);
