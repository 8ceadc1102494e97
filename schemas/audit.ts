// Which predictions are audited: a share of all, chosen by the id alone, so that nobody who labels can choose (people label wrong answers more often than right ones).
// The hash has nothing to do with the partitioner's murmur2: every partition has the same share. Not a secret: a client that makes its own ids can find audited ones.

/** FNV-1a over the UTF-16 units (ids are ASCII), mixed by the finaliser of MurmurHash3, so that neighbouring ids fall apart. As a share in [0, 1). */
function shareOf(id: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < id.length; i += 1) h = Math.imul(h ^ id.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 4_294_967_296;
}

/** Whether this prediction is to be verified. rate: share 0…1. The same id gives the same answer, and who is audited at one rate is audited at every higher one. */
export const isAudited = (predictionId: string, rate: number): boolean => rate > 0 && shareOf(predictionId) < rate;
