// What each reason of a dead letter means and what mends it: what somebody wants to know who reads one at night. Pure.

export type Meaning = { readonly means: string; /** what to do before it is sent again, or why that is no use */ readonly fix: string };

export const REASONS: Readonly<Record<string, Meaning>> = {
  not_framed: { means: 'The value does not begin with 0x00 and a schema id.', fix: 'Let the client write with a serializer of the schema registry; these bytes are never read, so purge them.' },
  not_avro: { means: 'The bytes do not fit the schema they name.', fix: 'Mend the client; these bytes are never read, so purge them.' },
  unknown_schema: { means: 'The registry does not know the schema id.', fix: 'The client wrote with another registry, or the registry has lost its data: bring that back, then send it again.' },
  incompatible_schema: { means: 'The writer\'s schema cannot be read as an event of this topic.', fix: 'Let the client register its schema under <topic>-value, where the registry refuses what cannot be read; purge this one.' },
  no_value: { means: 'The record has no value.', fix: 'Nothing can be made of it; purge it. On feedback a withdrawal is an event with category null.' },
  no_key: { means: 'The record has no key; it must be the id in the value.', fix: 'Let the client set the key and send the event again itself; from here it would come back.' },
  key_differs: { means: 'The key is not the id in the value.', fix: 'Let the client set the key and send the event again itself; from here it would come back.' },
  misplaced_again: { means: 'The record was moved to the partition of its key and came back misplaced.', fix: 'PARTITIONS of the join is not the number the topic has: mend it, then send it again.' },
  too_large: { means: 'Key or value are larger than any event.', fix: 'Let the client cut it. What is kept here may be the beginning only; the whole record stands at its old place until its topic forgets it.' },
  conflicting_prediction: { means: 'Another prediction with this id was first, and says something else.', fix: 'Let whoever makes ids make each once. The first one counts; sending this again changes nothing.' },
  unknown_category: { means: 'The label is not among the categories of the prediction.', fix: 'Correct the spelling where the label is given (./loop feedback, the console). When the category is new, CATEGORIES and a training come first, and only later predictions know it.' },
  late: { means: 'The feedback came after the prediction\'s horizon.', fix: 'With a longer HORIZON_MS (and retention to match) it counts when it is sent again only while the prediction is remembered; else purge it.' },
  too_early: { means: 'The feedback came longer before its prediction than EARLY_HORIZON_MS.', fix: 'Look at the order of the client; sent again now it counts, for its new time is what matters.' },
  orphan: { means: 'No prediction with this id came in time.', fix: 'The client sends ids of another system, or not prediction_id. When the prediction has come meanwhile, send it again.' },
  unknown_model: { means: 'The product asks for a model that is not served here.', fix: 'Set model_name as MODEL_NAME says, or leave it empty; or start an inference for that model, then send it again.' },
  refused: { means: 'The product cannot be classified: its id or its text break a rule.', fix: 'The error names the rule. Mend the client and let it send a product with another text or id.' },
  unusable_request: { means: 'The request for a training lacks something.', fix: 'The error names the field; ask again by POST /v1/retrain or ./loop train.' },
  unknown_run: { means: 'The word of an admin is about a run that does not exist.', fix: 'Look at ./loop runs and say it again.' },
};
const UNKNOWN: Meaning = { means: 'A reason this version does not know.', fix: 'The error says more; process and process_version say who set it aside.' };
export const meaningOf = (reason: string): Meaning => (Object.hasOwn(REASONS, reason) ? (REASONS[reason] ?? UNKNOWN) : UNKNOWN);
