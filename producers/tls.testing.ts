// Certificates for tests, by openssl: an authority, a server for 127.0.0.1 and localhost, a client, and an authority nobody knows.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Certificates = { readonly ca: string; readonly otherCa: string; readonly server: Pair; readonly client: Pair; /** PKCS#12 of the server, for Java, with this password */ readonly p12: string; readonly password: string };
/** Files; `both`: key and certificate in one, as Kafka's PEM key store wants it. */
export type Pair = { readonly cert: string; readonly key: string; readonly both: string };

function openssl(...args: readonly string[]): void {
  const run = spawnSync('openssl', args, { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`openssl ${args.join(' ')}: ${run.error?.message ?? run.stderr}`);
}
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'] as const;

export function makeCertificates(dir: string): Certificates {
  const at = (name: string): string => join(dir, name);
  const authority = (name: string): string => {
    openssl('req', '-x509', ...KEY, '-keyout', at(`${name}.key`), '-out', at(`${name}.pem`), '-days', '2', '-subj', `/CN=${name}`);
    return at(`${name}.pem`);
  };
  const pair = (name: string): Pair => {
    openssl('req', ...KEY, '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`), '-subj', `/CN=${name}`);
    writeFileSync(at(`${name}.ext`), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
    openssl('x509', '-req', '-in', at(`${name}.csr`), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', at(`${name}.ext`), '-out', at(`${name}.pem`));
    writeFileSync(at(`${name}-both.pem`), readFileSync(at(`${name}.key`), 'utf8') + readFileSync(at(`${name}.pem`), 'utf8'));
    return { cert: at(`${name}.pem`), key: at(`${name}.key`), both: at(`${name}-both.pem`) };
  };
  const ca = authority('ca');
  const otherCa = authority('other');
  const [server, client] = [pair('server'), pair('client')];
  const password = 'for-tests-only';
  openssl('pkcs12', '-export', '-in', server.cert, '-inkey', server.key, '-out', at('server.p12'), '-passout', `pass:${password}`);
  return { ca, otherCa, server, client, p12: at('server.p12'), password };
}
