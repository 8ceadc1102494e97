// The child process of one batch job.
import { answerParent } from './process.ts';

answerParent();
