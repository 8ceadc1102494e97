// Every decoder that meets foreign bytes. A new one is put here; its corpus lies in corpus/<name>.
import { AVRO_DECODERS } from './decoders/avro.ts';
import { FILE_DECODERS } from './decoders/files.ts';
import { HTTP_DECODERS } from './decoders/http.ts';
import { MODEL_DECODERS } from './decoders/models.ts';
import { SNAPSHOT_DECODER } from './decoders/snapshot.ts';
import { openStateDecoder } from './decoders/state.ts';
import { TEXT_DECODERS } from './decoders/texts.ts';
import type { Decoder } from './run.ts';

export const openDecoders = async (): Promise<readonly Decoder[]> => [...AVRO_DECODERS, ...FILE_DECODERS, ...HTTP_DECODERS, ...MODEL_DECODERS, ...TEXT_DECODERS, SNAPSHOT_DECODER, await openStateDecoder()];
