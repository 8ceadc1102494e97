// One-off container of docker-compose.yml and job of deploy/: what must stand before our processes start. --topics refuse: somebody else makes the topics, we only look. --grants HOST: the users <MYSQL_USER>_inference, _trainer and _grafana at HOST, whom somebody else has made, get their rights.
import { parseArgs } from 'node:util';
import { openRegistry } from '../producers/connections.ts';
import { fatal } from '../schemas/failure.ts';
import { readSecretFile } from '../producers/secretFile.ts';
import { MYSQL_USERS } from '../schemas/grants.ts';
import { readSettings } from '../schemas/settings.ts';
import { ensureCorpus, orderBootstrap } from './bootstrap.ts';
import { grantRights } from './mysqlUsers.ts';
import { pathsOf } from './paths.ts';
import { makeBuckets, migrate, registerSchemas } from './prepare.ts';
import { createTopics } from './topics.ts';

const { topics, grants } = parseArgs({ options: { topics: { type: 'string', default: 'create' }, grants: { type: 'string' } } }).values;
if (topics !== 'create' && topics !== 'refuse') throw fatal('bad_option', `--topics must be create or refuse, is '${topics}'`);
const settings = readSettings(process.env, readSecretFile);
const say = (line: string): void => console.log(line);
const registry = openRegistry(settings);
const context = { settings, paths: pathsOf(settings.homeDir, settings.cacheDir, undefined) };
await Promise.all([createTopics(context, topics).then((told) => told.forEach(say)), migrate(context).then((told) => told !== undefined && say(told)).then(() => (grants === undefined ? undefined : grantRights(settings, grants, MYSQL_USERS))), makeBuckets(context), registerSchemas(context, registry)]);
await orderBootstrap(context, registry, await ensureCorpus(context, { say }));
say('ready');
