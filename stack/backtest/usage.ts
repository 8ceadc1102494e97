// What ./loop backtest --help says; apart from the verb, which brings a Kafka client.
export const BACKTEST_USAGE = `usage: ./loop backtest [--min-f1 0.85,0.90] [--trigger evidence,window] [--from TIME] [--to TIME] [--model NAME] [--csv FILE] [--svg FILE] [--json]
  --min-f1 LIST    thresholds to try (default: the one in force)
  --trigger LIST   evidence, window or both (default: both)
  --from, --to     only labels of that time: 2026-11-25, 2026-11-25T10:00:00Z or milliseconds
  --model NAME     the model (default MODEL_NAME)
  --csv FILE       labels from a file instead of the log: columns label,predicted and, if there, labelled_at,model_version,prediction_id,audit
  --svg FILE       writes the plot as a picture
  --json           one JSON object
Other settings of judgement come from the environment, as for ./loop up.`;
