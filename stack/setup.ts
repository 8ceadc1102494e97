// One-off container of docker-compose.yml: what must stand before our processes start.
import { openRegistry } from '../producers/connections.ts';
import { readSettings } from '../schemas/settings.ts';
import { ensureCorpus, orderBootstrap } from './bootstrap.ts';
import { pathsOf } from './paths.ts';
import { createTopics, makeBuckets, migrate, registerSchemas } from './prepare.ts';

const settings = readSettings(process.env);
const say = (line: string): void => console.log(line);
const registry = openRegistry(settings);
const context = { settings, paths: pathsOf(settings.homeDir, settings.cacheDir, undefined) };
await Promise.all([createTopics(context), migrate(context), makeBuckets(context), registerSchemas(context, registry)]);
await orderBootstrap(context, registry, await ensureCorpus(context, { say }));
say('ready');
