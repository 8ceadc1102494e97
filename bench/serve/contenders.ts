// Who is asked: our service with and without Kafka, and the servers a team would pick, each as its documentation starts it, with a classifier of its own learnt from the same rows.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, fatal } from '../../schemas/failure.ts';
import { runProgram } from '../../stack/fetch.ts';
import { PROJECT_DIR } from '../../stack/paths.ts';
import { nodeFlagsOf } from '../../stack/processes.ts';
import { fetchPython, type Pinned } from '../../stack/python.ts';
import { untilFound, type BenchStack, type Running } from '../stack.ts';
import type { Target } from './wrk.ts';

export type Contender = { readonly name: string; readonly title: string; /** of its classifier, on the rows to judge */ readonly weighted: number; readonly running: Running; readonly target: Target };
type Kit = { readonly stack: BenchStack; readonly cache: string; readonly say: (line: string) => void; /** for files */ readonly dir: string; /** where the job lies */ readonly jobFile: string };
type Peer = { readonly name: string; readonly start: (kit: Kit) => Promise<Contender> };

const SCIKIT: readonly Pinned[] = ['scikit-learn==1.9.1', 'numpy==2.4.6', 'scipy==1.17.1'];
const FASTAPI: readonly Pinned[] = [...SCIKIT, 'fastapi==0.165.0', 'uvicorn==0.54.0', 'uvloop==0.23.0', 'httptools==0.9.0', 'aiokafka==0.14.0'];
const MLSERVER: readonly Pinned[] = ['mlserver==1.7.1', 'mlserver-sklearn==1.7.1', ...SCIKIT];
const BENTOML: readonly Pinned[] = ['bentoml==1.4.40', ...SCIKIT];
const UNPUBLISHED = 'bench/serve/unpublished.ts';
const PEERS = join(PROJECT_DIR, 'bench/peers');
const WORKERS = 2;
const READY_WITHIN_MS = 120_000;
export const TOKEN = 'bench-token';

const PLAIN: Omit<Target, 'port'> = { path: '/v1/predict', headers: {}, body: (text) => JSON.stringify({ product_description: text }) };
const OURS: Omit<Target, 'port'> = { ...PLAIN, headers: { authorization: `Bearer ${TOKEN}` } };
/** Resolves when the target answers a prediction. */
async function ready(running: Running, target: Target): Promise<void> {
  const { port, path, headers, body } = target;
  await untilFound('ready', running, READY_WITHIN_MS, async () => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: body('lemon water') }).catch(() => undefined);
    const text = await answer?.text().catch(() => '');
    return answer?.ok ? text : undefined;
  });
}
/** Learns in the peer's own environment: a pipeline is only sure to load where it was stored. */
async function learnt(python: string, { jobFile, dir }: Kit, name: string): Promise<{ readonly file: string; readonly weighted: number }> {
  const file = join(dir, `${name}.joblib`);
  const out = await runProgram(python, [join(PEERS, 'serveTrain.py'), jobFile, file]);
  return { file, weighted: (JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as { weighted: number }).weighted };
}

export async function startOurs(kit: Kit, name: 'ours' | 'ours-kafka', weighted: number, promotionFile: string): Promise<Contender> {
  const { stack } = kit;
  const durable = name === 'ours-kafka';
  const port = durable ? stack.settings.inferencePort : stack.settings.portBase + 14;
  const env = { LOOP_TOKENS: `${TOKEN}=predict+feedback`, INFERENCE_PORT: String(port), LOG_LEVEL: 'warn' };
  const running = durable ? stack.startOurs(name, 'inference/main.ts', env) : stack.start(name, process.execPath, [...nodeFlagsOf(UNPUBLISHED), UNPUBLISHED, promotionFile], env);
  const target = { ...OURS, port };
  await ready(running, target);
  return { name, title: durable ? 'ours, acks=all' : 'ours', weighted, running, target };
}
function fastApi(kafka: boolean): Peer {
  const name = kafka ? 'fastapi-kafka' : 'fastapi';
  return {
    name,
    async start(kit) {
      const { stack, cache, say } = kit;
      const python = await fetchPython(cache, 'serve-fastapi', FASTAPI, say);
      const { file, weighted } = await learnt(python, kit, name);
      const port = stack.settings.portBase + (kafka ? 16 : 15);
      const running = stack.start(name, python, ['-m', 'uvicorn', 'serveFastApi:app', '--app-dir', PEERS, '--host', '127.0.0.1', '--port', String(port), '--workers', String(WORKERS), '--log-level', 'warning', '--no-access-log'], { MODEL: file, ...(kafka ? { KAFKA: stack.settings.kafkaBootstrap, TOPIC: PEER_TOPIC } : {}) });
      const target = { ...PLAIN, port };
      await ready(running, target);
      return { name, title: `FastAPI + scikit-learn${kafka ? ' + aiokafka acks=all' : ''}`, weighted, running, target };
    },
  };
}
export const PEER_TOPIC = 'peer-predictions';
const mlserver: Peer = {
  name: 'mlserver',
  async start(kit) {
    const { stack, cache, say, dir } = kit;
    const python = await fetchPython(cache, 'serve-mlserver', MLSERVER, say);
    const { file, weighted } = await learnt(python, kit, 'mlserver');
    const home = join(dir, 'mlserver');
    mkdirSync(home, { recursive: true });
    const port = stack.settings.portBase + 17;
    // Without a worker process of its own a request costs it less.
    writeFileSync(join(home, 'settings.json'), JSON.stringify({ host: '127.0.0.1', http_port: port, grpc_port: port + 1, metrics_port: port + 2, parallel_workers: 0, debug: false }));
    writeFileSync(join(home, 'model-settings.json'), JSON.stringify({ name: 'grocery', implementation: 'mlserver_sklearn.SKLearnModel', parameters: { uri: file } }));
    const running = stack.start('mlserver', python, ['-c', 'from mlserver.cli import main; main()', 'start', home]);
    const target: Target = { port, path: '/v2/models/grocery/infer', headers: {}, body: (text) => JSON.stringify({ parameters: { content_type: 'str' }, inputs: [{ name: 'text', shape: [1, 1], datatype: 'BYTES', data: [text] }], outputs: [{ name: 'predict_proba' }] }) };
    await ready(running, target);
    return { name: 'mlserver', title: 'MLServer (sklearn runtime)', weighted, running, target };
  },
};
const bentoml: Peer = {
  name: 'bentoml',
  async start(kit) {
    const { stack, cache, say, dir } = kit;
    const python = await fetchPython(cache, 'serve-bentoml', BENTOML, say);
    const { file, weighted } = await learnt(python, kit, 'bentoml');
    const port = stack.settings.portBase + 6;
    const running = stack.start('bentoml', python, ['-m', 'bentoml', 'serve', 'serveBentoMl:Classifier', '--working-dir', PEERS, '--host', '127.0.0.1', '--port', String(port)], { MODEL: file, WORKERS: String(WORKERS), BENTOML_HOME: join(dir, 'bentoml'), BENTOML_DO_NOT_TRACK: 'True' });
    const target: Target = { ...PLAIN, port, path: '/predict' };
    await ready(running, target);
    return { name: 'bentoml', title: 'BentoML + scikit-learn', weighted, running, target };
  },
};
const ALL: readonly Peer[] = [fastApi(false), mlserver, bentoml, fastApi(true)];
export const PEER_NAMES = ALL.map(({ name }) => name);

/** Those asked for; whoever cannot be had is told in `missing`. Fatal `no_such_peer` on a name that is none. */
export async function startPeers(kit: Kit, names: readonly string[] | undefined): Promise<{ readonly started: Contender[]; readonly missing: string[] }> {
  const stranger = names?.find((name) => !PEER_NAMES.includes(name));
  if (stranger !== undefined) throw fatal('no_such_peer', `there is no peer '${stranger}'; --peers takes ${PEER_NAMES.join(', ')}`);
  const started: Contender[] = [];
  const missing: string[] = [];
  for (const peer of ALL.filter(({ name }) => names?.includes(name) ?? true)) {
    try {
      started.push(await peer.start(kit));
      kit.say(`${peer.name} answers`);
    } catch (error) {
      missing.push(`${peer.name} was left out: ${messageOf(error).split('\n').slice(0, 4).join(' ')}`);
      kit.say(missing.at(-1) ?? '');
    }
  }
  return { started, missing };
}
