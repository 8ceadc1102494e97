// What ./loop rebuild says of itself.
export const REBUILD_USAGE = `usage: ./loop rebuild [--yes] [--overwrite] [--json]
Makes MySQL again from S3 and Kafka: auto_training and model_metrics from the files of the runs, jobs from those of the batch jobs, champions from the topic models,
what waits from retrain-requests; holds tallies against labelled and has the monitor fold them again where they differ. Repeating it changes nothing.
  --yes        do it; without it, only what would be done
  --overwrite  also rows that stand in MySQL, are over and say something else
  --json       one JSON object
Cannot be had: who holds a prediction to label, which dead letters were sent again, batch jobs that had not ended. Exits 1 when something is left as it is.`;
