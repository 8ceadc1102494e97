// The one place where a kafkajs client is made: with the corrected read_committed filter, quick record batches, what it does wrong over a long life mended, and quiet, structured logs.
import '../consumers/readCommitted.ts';
import './wire/install.ts';
import './clientMends.ts';
import '../consumers/groupMends.ts';
import kafkajs from 'kafkajs';
import type { Kafka } from 'kafkajs';
import type { Settings } from '../schemas/settings.ts';
import { kafkaConnection } from './connections.ts';
import { kafkaSockets } from './heardFrom.ts';

export type Log = { debug(fields: object, text: string): void; info(fields: object, text: string): void; warn(fields: object, text: string): void; error(fields: object, text: string): void };
export const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** A client of the brokers in the settings. One consumer per client: kafkajs caches committed offsets per group in it. */
export function createKafka(settings: Settings, clientId: string, log: Log = silent, retries = 30): Kafka {
  return new kafkajs.Kafka({
    clientId,
    ...kafkaConnection(settings),
    // A request that is not answered fails by itself, but kafkajs would send the next one over the same dead connection.
    socketFactory: kafkaSockets(),
    connectionTimeout: 3000,
    requestTimeout: 20_000,
    retry: { initialRetryTime: 30, maxRetryTime: 3000, retries },
    logLevel: kafkajs.logLevel.WARN,
    logCreator: () => ({ level, log: { message, timestamp: _timestamp, logger: _logger, ...fields } }) => {
      // Most of what the client calls an error is a retry; what is not reaches us as an exception.
      if (level <= kafkajs.logLevel.ERROR) log.warn(fields, message);
      else log.debug(fields, message);
    },
  });
}
