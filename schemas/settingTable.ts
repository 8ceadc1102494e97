// Every setting of every process: one table. What each kind of setting takes is in settingKinds.ts, how an environment is read in settings.ts.
import { DEFAULT_CATEGORIES } from './categories.ts';
import { buckets, choice, logs, maybeShare, names, number, origins, overrides, port, ranks, secret, share, sources, text, tokens, word, type Setting } from './settingKinds.ts';

export const DEFAULT_PORT_BASE = 17_000;
const DAY = 86_400_000;
const days = (count: number): string => String(count * DAY);

export const TABLE = {
  homeDir: text('LOOP_HOME', '.loop', 'data folder: logs, databases, topics, secrets'),
  portBase: number('LOOP_PORT_BASE', String(DEFAULT_PORT_BASE), 'first of the ports below', 1024, 65_000),
  cacheDir: text('LOOP_CACHE', '', 'downloaded servers; empty: live-f1-loop in $XDG_CACHE_HOME or ~/.cache'),
  kafkaBootstrap: text('KAFKA_BOOTSTRAP', (at) => `127.0.0.1:${at(0)}`, 'Kafka brokers, comma separated'),
  kafkaTls: choice('KAFKA_TLS', ['off', 'on'], 'off', 'TLS to the brokers'),
  kafkaCaFile: text('KAFKA_CA_FILE', '', 'PEM file of the CA that signed their certificates; empty: the CAs Node trusts'),
  kafkaCertFile: text('KAFKA_CERT_FILE', '', 'PEM file of our own certificate, for mutual TLS'),
  kafkaKeyFile: text('KAFKA_KEY_FILE', '', 'PEM file of its key'),
  kafkaSasl: choice('KAFKA_SASL', ['none', 'plain', 'scram-sha-256', 'scram-sha-512'], 'none', 'how we log in to the brokers'),
  kafkaUser: text('KAFKA_USER', '', 'user for KAFKA_SASL'),
  kafkaPassword: secret('KAFKA_PASSWORD', 'its password'),
  registryUrl: text('REGISTRY_URL', (at) => `http://127.0.0.1:${at(2)}/apis/ccompat/v7`, 'schema registry (Confluent-compatible API)'),
  registryCaFile: text('REGISTRY_CA_FILE', '', 'PEM file of the CA of an https registry; empty: the CAs Node trusts'),
  registryUser: text('REGISTRY_USER', '', 'user for basic authentication at the registry; empty: none'),
  registryPassword: secret('REGISTRY_PASSWORD', 'its password'),
  mysqlHost: text('MYSQL_HOST', '127.0.0.1', 'MySQL or MariaDB host'),
  mysqlPort: port('MYSQL_PORT', 3, 'its port'),
  mysqlUser: text('MYSQL_USER', 'loop', 'its user'),
  mysqlPassword: secret('MYSQL_PASSWORD', 'its password; the local stack makes one'),
  mysqlDatabase: text('MYSQL_DATABASE', 'job_db', 'its database'),
  mysqlTls: choice('MYSQL_TLS', ['off', 'on'], 'off', 'TLS to MySQL; its certificate must name MYSQL_HOST'),
  mysqlCaFile: text('MYSQL_CA_FILE', '', 'PEM file of its CA; empty: the CAs Node trusts'),
  mysqlCertFile: text('MYSQL_CERT_FILE', '', 'PEM file of our own certificate, for mutual TLS'),
  mysqlKeyFile: text('MYSQL_KEY_FILE', '', 'PEM file of its key'),
  s3Endpoint: text('S3_ENDPOINT', (at) => `http://127.0.0.1:${at(4)}`, 'S3 endpoint'),
  s3CaFile: text('S3_CA_FILE', '', 'PEM file of the CA of an https endpoint; empty: the CAs Node trusts'),
  s3AccessKey: secret('S3_ACCESS_KEY', 'S3 access key; the local stack makes one'),
  s3SecretKey: secret('S3_SECRET_KEY', 'S3 secret key; the local stack makes one'),
  mlflowUri: text('MLFLOW_TRACKING_URI', '', 'MLflow that mirrors every training; empty: none; ./loop up --with mlflow starts one'),
  prometheusUrl: text('PROMETHEUS_URL', (at) => `http://127.0.0.1:${at(5)}`, 'Prometheus'),
  alertmanagerUrl: text('ALERTMANAGER_URL', (at) => `http://127.0.0.1:${at(6)}`, 'Alertmanager'),
  alertWebhook: secret('ALERT_WEBHOOK', 'address that the Alertmanager of the local stack posts alerts to; empty: nobody is told'),
  inferencePort: port('INFERENCE_PORT', 10, 'HTTP port of inference'),
  bindHost: text('BIND_HOST', '127.0.0.1', 'address the four processes listen on; 0.0.0.0 only inside a container'),
  monitorUrl: text('MONITOR_URL', (at) => `http://127.0.0.1:${at(12)}`, 'where inference asks for live figures'),
  joinUrl: text('JOIN_URL', (at) => `http://127.0.0.1:${at(11)}`, 'where inference asks how many predictions have a label: every join there is, separated by commas or behind one name with an address each'),
  trainerUrl: text('TRAINER_URL', (at) => `http://127.0.0.1:${at(13)}`, 'where inference asks for trainings and the versions of a model'),
  joinPort: port('JOIN_PORT', 11, 'metrics port of the join'),
  monitorPort: port('MONITOR_PORT', 12, 'metrics port of the monitor; serves /live too'),
  trainerPort: port('TRAINER_PORT', 13, 'metrics port of the trainer'),
  tokens: tokens('LOOP_TOKENS', 'API tokens: NAME=sha256:HEX=scope+scope[=EXPIRES],… or, for a laptop, TOKEN=scope+scope; the local stack makes one per scope'),
  tokensFile: text('LOOP_TOKENS_FILE', '', 'a file with such entries, one a line, read again when it changes and on SIGHUP; ./loop token writes the one of the local stack'),
  rateLimitRequests: number('RATE_LIMIT_REQUESTS', '0', 'requests a second per name of a token; beyond it 429; 0: no limit', 0, 1_000_000, false),
  rateLimitItems: number('RATE_LIMIT_ITEMS', '0', 'texts and labels a second per name of a token; 0: no limit', 0, 10_000_000, false),
  authFailuresPerMinute: number('AUTH_FAILURES_PER_MINUTE', '60', 'unknown tokens an address may send before its guesses are answered 429 unlooked at; 0: no limit', 0, 1_000_000),
  idempotencyTtlMs: number('IDEMPOTENCY_TTL_MS', String(DAY), 'an answer is given again for the same Idempotency-Key for so long', 1000),
  idempotencyBytes: number('IDEMPOTENCY_BYTES', '33554432', 'memory these answers may take together; the oldest give way', 100_000),
  bodyLimitBytes: number('BODY_LIMIT_BYTES', '1000000', 'a larger HTTP body is refused with 413', 1000, 100_000_000),
  drainMs: number('DRAIN_MS', '1000', 'inference that is told to stop says so (503 on /health/ready) and goes on answering for so long, until whoever shares out requests has seen it', 0, 60_000),
  corsOrigins: origins('CORS_ORIGINS', 'origins whose pages may call inference from a browser, separated by commas; * for all; empty: none'),
  queueRequests: number('QUEUE_REQUESTS', '10000', 'requests that may wait for their answer; beyond them one is refused at once (503, Retry-After)', 1),
  queueBytes: number('QUEUE_BYTES', '64000000', 'bytes of texts and events that may wait so', 1_000_000),
  answerDeadlineMs: number('ANSWER_DEADLINE_MS', '10000', 'a request that Kafka has not acknowledged by then is answered 503', 100),
  logLevel: choice('LOG_LEVEL', ['debug', 'info', 'warn', 'error'], 'info', 'how much the processes log'),

  modelName: word('MODEL_NAME', 'grocery', 'name of the default model'),
  categories: names('CATEGORIES', DEFAULT_CATEGORIES.join('|'), 'categories accepted in training files, separated by |'),
  partitions: number('PARTITIONS', '4', 'partitions of products, predictions, feedback and examples; fixed at creation', 1, 1024),
  labelledPartitions: number('LABELLED_PARTITIONS', '1', 'partitions of labelled and tallies; fixed at creation', 1, 1024),
  replicationFactor: number('REPLICATION_FACTOR', '1', 'copies of every topic, fixed at creation; with 3 or more, 2 must have a record before it counts as written', 1, 100),
  sessionTimeoutMs: number('SESSION_TIMEOUT_MS', '6000', 'Kafka session time-out; the broker allows 6000 at least', 6000, 1_800_000),

  stallMs: number('STALL_MS', '60000', 'a consumer that gives no sign for so long although records wait for it is started again in place', 5000),

  acceptedLogs: logs('ACCEPTED_LOGS', 'topics that were deleted and made anew and are to be read from their beginning, as TOPIC=ID,…; the partition that is held says which id it is. Only for that one log: should it be replaced again, it is held again'),

  horizonMs: number('HORIZON_MS', days(30), 'a label counts until this long after its prediction', 1000),
  earlyHorizonMs: number('EARLY_HORIZON_MS', days(1), 'a label counts from this long before its prediction', 0),
  expiryMarginMs: number('EXPIRY_MARGIN_MS', '600000', 'wall clock waits this much longer than a deadline before memory is freed', 0),
  sourceRanks: ranks('SOURCE_RANKS', '', 'rank per feedback source, e.g. expert:2,user:1; unlisted: 0, and expert/anna ranks as expert; a lower rank never replaces a higher'),

  sourceLabelsPerHour: number('SOURCE_LABELS_PER_HOUR', '0', 'first labels of one source that detectors and trainings take within an hour of stream time; those beyond are set aside and counted (loop_labels_set_aside_total); 0: no limit', 0),
  trustedSources: sources('TRUSTED_SOURCES', 'sources or channels whose labels detectors and trainings take, separated by commas, e.g. expert,console; empty: all'),
  sourceByToken: choice('SOURCE_BY_TOKEN', ['off', 'on'], 'off', 'on: the source of feedback over HTTP is the name of its token, with what the caller says behind a slash, so that nobody labels in the name of another'),

  driftReference: number('DRIFT_REFERENCE', '1000', 'first predictions of a version its later ones are compared with (loop_prediction_drift); 0: no comparison', 0),
  auditRate: share('AUDIT_RATE', '0.01', 'share of predictions marked for verification, chosen by the id alone'),

  bucketMs: number('BUCKET_MS', '60000', 'length of a tally bucket', 100),
  windowLabels: number('WINDOW_LABELS', '1000', 'labels the live window reaches back for', 1),
  windowMaxAgeMs: number('WINDOW_MAX_AGE_MS', days(7), 'no bucket older than this is in the window', 1000),
  minF1: share('MIN_F1', '0.90', 'threshold on the live weighted F1'),
  minClassF1: maybeShare('MIN_CLASS_F1', 'floor for the F1 of every category with enough support; empty: none'),
  minAccuracy: maybeShare('MIN_ACCURACY', 'floor for the accuracy; empty: none'),
  recoverMargin: share('RECOVER_MARGIN', '0.01', 'how far above its floors a degraded version must come to be shown as healthy again'),
  trigger: choice('TRIGGER', ['evidence', 'window'], 'evidence', 'what orders a retraining'),
  judgeOn: choice('JUDGE_ON', ['all', 'audit'], 'all', 'labels that may order a retraining: all, or only those of audited predictions'),
  minLabels: number('MIN_LABELS', '300', 'labels before a verdict; also the support a category needs', 1),
  falseAlarmEvery: number('FALSE_ALARM_EVERY', '10000', 'at least so many labels between false alarms, on average', 2),
  settleMs: number('SETTLE_MS', '0', 'age of a prediction when its label is fed to the detector; 0: at its first label', 0),
  cooldownMs: number('COOLDOWN_MS', '3600000', 'the detector rests so long after an alarm (stream time)', 0),
  maxRetrainsPerDay: number('MAX_RETRAINS_PER_DAY', '4', 'cap on drift retrainings of a model', 1),
  modelSettings: overrides('MODEL_SETTINGS', 'settings of judgement of single models, as JSON: {"wine": {"MIN_F1": 0.85}}'),

  autoRetrain: choice('AUTO_RETRAIN', ['on', 'off'], 'on', 'whether the trainer acts on drift and schedule requests'),
  promote: choice('PROMOTE', ['auto', 'ask'], 'auto', 'whether a passed gate promotes by itself'),
  approveWithinMs: number('APPROVE_WITHIN_MS', days(7), 'a passed run that nobody approves for so long is declined (PROMOTE=ask)', 1000),
  probationLabels: number('PROBATION_LABELS', '1000', 'a version that drifts within its first so many labels is judged beside the version before it; 0: never', 0),
  retrainEveryMs: number('RETRAIN_EVERY_MS', days(7), 'the schedule; 0: none', 0),
  leaseMs: number('LEASE_MS', '30000', 'a RUNNING row without a sign of life for so long is taken over', 1000),
  trainBackend: choice('TRAIN_BACKEND', ['auto', 'node', 'wasm'], 'auto', 'what trains: tfjs-node, wasm, or auto: tfjs-node where ./loop native has put it'),
  epochs: number('EPOCHS', '3', 'training epochs', 1, 200),
  seed: number('SEED', '42', 'seed of splits, batches and folds', 0, 4_294_967_295),
  recencyWeight: number('RECENCY_WEIGHT', '3', 'weight of a labelled row against a base row', 0, 1000, false),
  recencyHalfLifeMs: number('RECENCY_HALF_LIFE_MS', days(90), 'the extra weight of a labelled row halves every so long, counted back from the newest one', 1000),
  baseCorpus: text('BASE_CORPUS', 's3://dataset/train/Training_Data.csv', 'the base corpus'),
  trainBuckets: buckets('TRAIN_BUCKETS', 'dataset', 'S3 buckets that train/csv and train/human_feedback may read, separated by commas'),
  maxCsvBytes: number('MAX_CSV_BYTES', '33554432', 'a larger CSV file is refused without reading it; for a folder: all its files together', 1000),
  predictBuckets: buckets('PREDICT_BUCKETS', 'dataset,inference', 'S3 buckets that predict/csv may read, separated by commas'),
  maxBatchBytes: number('MAX_BATCH_BYTES', '2147483648', 'a larger CSV file to predict is refused without reading it; it is read piece by piece, so memory does not grow with it', 1000),
  gateMargin: share('GATE_MARGIN', '0.01', 'how much worse on the hold-out a candidate may be, overall'),
  gateClassMargin: share('GATE_CLASS_MARGIN', '0.03', 'the same for one category with enough support'),
  gateAlpha: share('GATE_ALPHA', '0.05', 'chance of a wrong verdict by noise: level of the paired test on recent rows, and of all margins together'),
  gateMinSupport: number('GATE_MIN_SUPPORT', '20', 'rows a category needs for the gate to judge it', 1),
  modelRetentionMs: number('MODEL_RETENTION_MS', days(90), 'models and datasets are kept so long after their run has ended; what serves and what served before it always; 0: for ever', 0),
  recentPredictions: number('RECENT_PREDICTIONS', '100000', 'newest predictions kept in memory for look-ups; 0: none', 0),
  labelLeaseMs: number('LABEL_LEASE_MS', '300000', 'a prediction handed out to be labelled is kept from others for so long', 1000, 86_400_000),
  recentBytes: number('RECENT_BYTES', '268435456', 'memory these may take together; the oldest give way', 1_000_000),
} as const;

/** What MODEL_SETTINGS may set for a single model. */
export const PER_MODEL = ['bucketMs', 'windowLabels', 'windowMaxAgeMs', 'minF1', 'minClassF1', 'minAccuracy', 'recoverMargin', 'trigger', 'judgeOn', 'minLabels', 'falseAlarmEvery', 'settleMs', 'cooldownMs', 'maxRetrainsPerDay', 'categories', 'sourceLabelsPerHour', 'trustedSources'] as const satisfies readonly (keyof typeof TABLE)[];

export type Settings = { readonly [K in keyof typeof TABLE]: (typeof TABLE)[K] extends Setting<infer T> ? T : never };

export const fileVariable = (env: string): string => `${env}_FILE`;
/** Every variable that is a setting, with those that name files of secrets. */
export const SETTING_NAMES: readonly string[] = Object.values(TABLE).flatMap((setting: Setting<unknown>) => (setting.secret ? [setting.env, fileVariable(setting.env)] : [setting.env]));
/** What must not be shown. */
export const SECRET_NAMES: ReadonlySet<string> = new Set(['LOOP_TOKENS', ...Object.values(TABLE).filter((setting: Setting<unknown>) => setting.secret).map((setting) => setting.env)]);

/** The table as documentation: [variable, default, meaning], defaults at the default ports. */
export function documentedSettings(): [env: string, fallback: string, about: string][] {
  return Object.values(TABLE).map((setting: Setting<unknown>) => [setting.env, typeof setting.fallback === 'string' ? setting.fallback : setting.fallback((offset) => DEFAULT_PORT_BASE + offset), setting.secret ? `${setting.about}; or a file that holds it: ${fileVariable(setting.env)}` : setting.about]);
}
