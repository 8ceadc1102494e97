// What in a text looks like a secret: keys and tokens by their known shapes, and values given to a name that speaks of a secret and too random to be a word.
export type Finding = { readonly line: number; readonly rule: string; readonly value: string };

const SHAPES: Readonly<Record<string, RegExp>> = {
  'private key': /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/g,
  'AWS key': /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  'GitHub token': /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})\b/g,
  'GitLab token': /\bglpat-[A-Za-z0-9_-]{20,}\b/g,
  'Slack token': /\bxox[abposr]-[A-Za-z0-9-]{10,}/g,
  'Slack webhook': /hooks\.slack\.com\/services\/T[A-Z0-9]+\/B[A-Z0-9]+\/[A-Za-z0-9]+/g,
  'Google key': /\bAIza[A-Za-z0-9_-]{35}\b/g,
  'npm token': /\bnpm_[A-Za-z0-9]{36}\b/g,
  'PyPI token': /\bpypi-[A-Za-z0-9_-]{50,}/g,
  'Stripe key': /\b[rs]k_live_[A-Za-z0-9]{20,}/g,
  'model provider key': /\bsk-[A-Za-z0-9_-]{32,}/g,
  'JSON web token': /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/g,
  // A variable or a placeholder is no password.
  'password in an address': /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@'"`$]+:([^\s/:@'"`$<{]{3,})@/g,
};
const NAMED = /(?:passw(?:or)?d|passphrase|secret|token|api_?key|access_?key|private_?key|credential)[a-z0-9_-]*["'`]?\s*(?::|=>?)\s*["'`]?([A-Za-z0-9+/_=.-]{12,})/gi;
const LOWEST_BITS = 3;

/** Shannon entropy of its characters, in bits each. */
export function bitsPerCharacter(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / text.length) * Math.log2(count / text.length), 0);
}
/** Letters and digits in no order of words: made by a machine. A name in code has parts that are words; NAME=sha256 is followed by a hash, which tells no token; a file that Docker hands out is no secret, what it holds is. */
const looksMade = (value: string): boolean => bitsPerCharacter(value) >= LOWEST_BITS && /[0-9]/.test(value) && /[a-z]/i.test(value) && !/^[a-z]+(?:[._-]?[a-z]+)*[._-]?[0-9]{0,3}$/i.test(value) && !/=sha256$/.test(value) && !/^\/run\/secrets\/[a-z0-9_]+$/.test(value) && !/^(?:process|settings|secrets|values|made)\./.test(value);

export function secretsIn(text: string): Finding[] {
  return text.split('\n').flatMap((line, i) => {
    const known = Object.entries(SHAPES).flatMap(([rule, shape]) => [...line.matchAll(shape)].map((match) => ({ line: i + 1, rule, value: match[1] ?? match[0] })));
    const named = [...line.matchAll(NAMED)].map(([, value = '']) => value).filter(looksMade).map((value) => ({ line: i + 1, rule: 'value of a secret', value }));
    return [...known, ...named];
  });
}
