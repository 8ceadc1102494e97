// Verified rows as a training file: what a job that finds some stores, whichever job it is.

/** Where the verified rows of a job lie. */
export const verifiedSubsetUriOf = (jobId: string): string => `s3://dataset/train/human_verified_subset_from_job_${jobId}.csv`;
/** Its columns; POST /v1/train/csv takes it. */
export const VERIFIED_SUBSET_COLUMNS = ['product_description', 'Category', 'prediction_id'] as const;
