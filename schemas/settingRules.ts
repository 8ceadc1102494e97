// Rules between two settings.
import type { Settings } from './settingTable.ts';

/** The longest a group waits for its members to join it again (consumers/shards.ts), and a little more. */
const REBALANCE_MS = 15_000;

/** What is wrong with settings that are right one by one, in words. */
export function contradictions(settings: Settings): string[] {
  const wrong: string[] = [];
  // The members of a group have so long to come back when one is given another client.
  if (settings.stallMs < settings.sessionTimeoutMs + REBALANCE_MS) wrong.push(`STALL_MS (${settings.stallMs}) must not be below SESSION_TIMEOUT_MS and ${REBALANCE_MS} (${settings.sessionTimeoutMs + REBALANCE_MS}): a consumer needs so long to join its group again`);
  if (settings.earlyHorizonMs > settings.horizonMs) wrong.push(`EARLY_HORIZON_MS (${settings.earlyHorizonMs}) must not exceed HORIZON_MS (${settings.horizonMs})`);
  if (settings.windowMaxAgeMs < settings.bucketMs) wrong.push(`WINDOW_MAX_AGE_MS (${settings.windowMaxAgeMs}) must not be below BUCKET_MS (${settings.bucketMs})`);
  const floors = { MIN_F1: settings.minF1, MIN_CLASS_F1: settings.minClassF1, MIN_ACCURACY: settings.minAccuracy };
  for (const [env, floor] of Object.entries(floors)) if (floor === 1 || (floor === 0 && env !== 'MIN_F1')) wrong.push(`${env} must be above 0 and below 1`);
  const lacks = (env: string, why: string): void => void wrong.push(`${env} is empty, and ${why}`);
  if (settings.kafkaSasl !== 'none' && settings.kafkaUser === '') lacks('KAFKA_USER', `KAFKA_SASL is ${settings.kafkaSasl}`);
  const pairs = { KAFKA: [settings.kafkaCertFile, settings.kafkaKeyFile, settings.kafkaTls, settings.kafkaCaFile], MYSQL: [settings.mysqlCertFile, settings.mysqlKeyFile, settings.mysqlTls, settings.mysqlCaFile] } as const;
  for (const [name, [cert, key, tls, ca]] of Object.entries(pairs)) {
    if ((cert === '') !== (key === '')) lacks(cert === '' ? `${name}_CERT_FILE` : `${name}_KEY_FILE`, `a certificate needs its key: the other one is set`);
    // Whoever names certificates means them: nothing goes in plain text by a forgotten switch.
    if (tls === 'off' && (cert !== '' || ca !== '')) wrong.push(`${name}_TLS is off, but ${cert === '' ? `${name}_CA_FILE` : `${name}_CERT_FILE`} is set: set ${name}_TLS=on, or leave it empty`);
  }
  // A password must not go over an open line by mistake; SCRAM does not show it.
  if (settings.kafkaSasl === 'plain' && settings.kafkaTls === 'off') wrong.push('KAFKA_SASL=plain sends the password as it is: set KAFKA_TLS=on, or use scram-sha-512');
  return wrong;
}
