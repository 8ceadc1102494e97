// A secret that a NAME_FILE names, as Docker and Kubernetes hand them out. Only for main files: settings.ts reads none itself.
import { readFileSync } from 'node:fs';
import type { ReadFile } from '../schemas/settings.ts';

export const readSecretFile: ReadFile = (file) => readFileSync(file, 'utf8');
