// Which TensorFlow.js backend trains. Started once per process.
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** libraryVersions: package → version, as they go into the manifest. */
export type Backend = { readonly name: string; readonly libraryVersions: Readonly<Record<string, string>> };

async function startWasm(): Promise<Backend> {
  setWasmPaths(join(dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')), '/'));
  // Threads are off: with them sums may come in another order.
  setThreadsCount(1);
  await tf.setBackend('wasm');
  await tf.ready();
  return { name: tf.getBackend(), libraryVersions: { node: process.versions.node, '@tensorflow/tfjs-core': tf.version_core, '@tensorflow/tfjs-backend-wasm': tf.version_core } };
}
let started: Promise<Backend> | undefined;
export function startBackend(): Promise<Backend> {
  started ??= startWasm();
  return started;
}
