// MLflow (optional): tables in the stack's MySQL, artifacts in its S3. Clients write artifacts to S3 themselves; the server only hands out their place.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fetchPython, type Pinned } from '../python.ts';
import type { Context } from '../context.ts';
import type { Say } from '../fetch.ts';
import type { Service } from './service.ts';

export const MLFLOW_PACKAGES: readonly Pinned[] = ['mlflow==3.17.2', 'pymysql==1.2.4', 'boto3==1.44.8'];
const FIRST_ANSWER_MS = 60_000;

/** The folder of the Python that has MLflow, server and client. */
export const fetchMlflow = async (cache: string, say: Say): Promise<string> => dirname(await fetchPython(cache, 'mlflow', MLFLOW_PACKAGES, say));

/** What any MLflow client needs to read and write artifacts. boto3's newer checksums are not understood by every S3. */
export const artifactEnv = ({ settings }: Pick<Context, 'settings'>): Record<string, string> => ({
  MLFLOW_S3_ENDPOINT_URL: settings.s3Endpoint, AWS_ACCESS_KEY_ID: settings.s3AccessKey, AWS_SECRET_ACCESS_KEY: settings.s3SecretKey, AWS_DEFAULT_REGION: 'us-east-1',
  AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required', AWS_RESPONSE_CHECKSUM_VALIDATION: 'when_required', MLFLOW_DISABLE_TELEMETRY: 'true',
});

export function mlflowService(context: Context, bin: string): Service {
  const { paths, settings, ports } = context;
  const dir = join(paths.home, 'mlflow');
  const { mysqlUser, mysqlPassword, mysqlHost, mysqlPort } = settings;
  return {
    name: 'mlflow',
    ports: [{ number: ports.mlflow, env: 'LOOP_PORT_BASE' }],
    prepare() {
      mkdirSync(dir, { recursive: true });
      return Promise.resolve({
        program: join(bin, 'python'),
        // What `mlflow server` runs as a child of its own: here one process, so that a kill leaves nothing behind. The pinned version reads these variables.
        args: ['-W', 'ignore', '-m', 'uvicorn', '--host', '127.0.0.1', '--port', String(ports.mlflow), '--workers', '1', '--timeout-graceful-shutdown', '5', '--log-level', 'warning', 'mlflow.server.fastapi_app:app'],
        // The password is in the environment, where only its owner can see it.
        env: {
          ...artifactEnv(context), _MLFLOW_SGI_NAME: 'uvicorn', _MLFLOW_SERVER_FILE_STORE: `mysql+pymysql://${encodeURIComponent(mysqlUser)}:${encodeURIComponent(mysqlPassword)}@${mysqlHost}:${mysqlPort}/mlflow`,
          _MLFLOW_SERVER_ARTIFACT_ROOT: 's3://mlflow', MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
        },
        cwd: dir,
      });
    },
    // The first real question makes the tables, which takes longer than a look at /health.
    async healthy() {
      try {
        await fetch(`${settings.mlflowUri}/health`, { signal: AbortSignal.timeout(2000) }).then((answer) => answer.arrayBuffer());
        const answer = await fetch(`${settings.mlflowUri}/api/2.0/mlflow/experiments/search?max_results=1`, { signal: AbortSignal.timeout(FIRST_ANSWER_MS) });
        await answer.arrayBuffer();
        return answer.ok;
      } catch {
        return false;
      }
    },
  };
}
