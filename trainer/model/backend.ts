// Which TensorFlow.js backend trains: the native one where it stands, otherwise wasm. Started once per process, by the first who asks.
import type * as core from '@tensorflow/tfjs-core';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fatal, messageOf } from '../../schemas/failure.ts';

export const TFJS_NODE = '4.22.0';
/** Where stack/native.ts puts tfjs-node: a folder of its own, never the project's packages. */
export const nativeHomeIn = (cache: string): string => join(cache, `tfjs-node-${TFJS_NODE}`);

export type Tf = typeof core;
/** libraryVersions: package → version, as they go into the manifest. */
export type Backend = { readonly name: 'tensorflow' | 'wasm'; readonly tf: Tf; readonly libraryVersions: Readonly<Record<string, string>> };
/** auto: native where it stands. nativeHomes: folders whose node_modules may hold @tensorflow/tfjs-node. */
export type Wanted = { readonly choice: 'auto' | 'node' | 'wasm'; readonly nativeHomes: readonly string[] };

async function startWasm(): Promise<Backend> {
  // Loaded when it is the one: two tfjs-cores in a process warn of each other.
  const [{ setThreadsCount, setWasmPaths, version_wasm }, tf] = await Promise.all([import('@tensorflow/tfjs-backend-wasm'), import('@tensorflow/tfjs-core')]);
  setWasmPaths(join(dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')), '/'));
  // Threads are off: with them sums may come in another order.
  setThreadsCount(1);
  await tf.setBackend('wasm');
  await tf.ready();
  return { name: 'wasm', tf, libraryVersions: { node: process.versions.node, '@tensorflow/tfjs-core': tf.version_core, '@tensorflow/tfjs-backend-wasm': version_wasm } };
}

/** The few things of tfjs-node's backend that registering a kernel needs. */
type NativeBackend = { executeSingleOutput(op: string, attributes: readonly unknown[], inputs: readonly core.TensorInfo[]): core.TensorInfo };
type Native = Tf & { readonly version: Readonly<Record<string, string>> };
type Attribute = (name: string, type: core.DataType) => unknown;

/** TensorFlow has the sum, tfjs-node only forgot to tell of it. */
function registerSums(tf: Tf, attribute: Attribute): void {
  tf.registerKernel({
    kernelName: 'SparseSegmentSum', backendName: 'tensorflow',
    kernelFunc({ inputs, backend }) {
      const { data, indices, segmentIds } = inputs;
      if (data === undefined || indices === undefined || segmentIds === undefined) throw fatal('kernel_inputs', 'SparseSegmentSum wants data, indices and segmentIds');
      const attributes = [attribute('T', data.dtype), attribute('Tidx', 'int32'), attribute('Tsegmentids', 'int32')];
      return (backend as unknown as NativeBackend).executeSingleOutput('SparseSegmentSum', attributes, [data, indices, segmentIds]);
    },
  });
}
function loadNative(home: string): Backend | undefined {
  const load = createRequire(join(home, 'package.json'));
  let entry: string;
  try {
    entry = load.resolve('@tensorflow/tfjs-node');
  } catch {
    return undefined;
  }
  const tf = load(entry) as Native;
  registerSums(tf, (load(join(dirname(entry), 'nodejs_kernel_backend.js')) as { createTensorsTypeOpAttr: Attribute }).createTensorsTypeOpAttr);
  return { name: 'tensorflow', tf, libraryVersions: { node: process.versions.node, '@tensorflow/tfjs-core': tf.version['tfjs-core'] ?? '', '@tensorflow/tfjs-node': tf.version['tfjs-node'] ?? '' } };
}
const HOW = './loop native fetches it, TRAIN_BACKEND=auto|wasm does without';

async function start({ choice, nativeHomes }: Wanted): Promise<Backend> {
  if (choice === 'wasm') return startWasm();
  const broken: string[] = [];
  for (const home of nativeHomes) {
    try {
      const native = loadNative(home);
      if (native !== undefined) return native;
    } catch (error) {
      broken.push(`${home}: ${messageOf(error)}`);
    }
  }
  if (choice === 'node') throw fatal('native_missing', broken.length > 0 ? `@tensorflow/tfjs-node cannot be loaded (${broken.join('; ')}); ${HOW}` : `TRAIN_BACKEND=node, but @tensorflow/tfjs-node is in none of ${nativeHomes.join(', ')}; ${HOW}`);
  return startWasm();
}
let started: Promise<Backend> | undefined;
/** Throws fatal `native_missing` when the native one is asked for by name and cannot be had. */
export function startBackend(wanted: Wanted = { choice: 'wasm', nativeHomes: [] }): Promise<Backend> {
  started ??= start(wanted);
  return started;
}
