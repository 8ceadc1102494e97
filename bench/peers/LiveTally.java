// The loop's join and tally in Kafka Streams, as its documentation would have you write it: two tables joined by key, grouped, counted.
// A table keeps the newest value of a key, so a correction takes back what it replaces and a duplicate changes nothing.
// Arguments: bootstrap servers, registry URL, application id, state folder, output topic.
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;

public final class LiveTally {
  public static void main(String[] args) {
    Serde<GenericRecord> avro = avro(args[1]);
    Serde<String> text = Serdes.String();

    StreamsBuilder builder = new StreamsBuilder();
    KTable<String, GenericRecord> predictions = builder.table("predictions", Consumed.with(text, avro));
    KTable<String, GenericRecord> feedback = builder.table("feedback", Consumed.with(text, avro));
    predictions
        .join(feedback, (p, f) -> p.get("model_version") + "|" + f.get("category") + "|" + p.get("category"), Materialized.with(text, text))
        .groupBy((id, cell) -> KeyValue.pair(cell, cell), Grouped.with(text, text))
        .count()
        .toStream()
        .mapValues(String::valueOf)
        .to(args[4], Produced.with(text, text));

    Properties config = new Properties();
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, args[2]);
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    config.put(StreamsConfig.STATE_DIR_CONFIG, args[3]);
    config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    config.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    KafkaStreams streams = new KafkaStreams(builder.build(), config);
    Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
    streams.start();
  }

  /** Values in the registry's wire format: 0x00, schema id, Avro. A schema is fetched once and its reader kept, as the usual Avro serde does. */
  private static Serde<GenericRecord> avro(String registry) {
    Map<Integer, GenericDatumReader<GenericRecord>> readers = new ConcurrentHashMap<>();
    Map<Schema, Integer> ids = new ConcurrentHashMap<>();
    return Serdes.serdeFrom(
        (topic, record) -> {
          if (record == null) return null;
          try {
            var out = new ByteArrayOutputStream();
            out.write(ByteBuffer.allocate(5).put((byte) 0).putInt(ids.get(record.getSchema())).array());
            var encoder = EncoderFactory.get().binaryEncoder(out, null);
            new GenericDatumWriter<GenericRecord>(record.getSchema()).write(record, encoder);
            encoder.flush();
            return out.toByteArray();
          } catch (IOException error) {
            throw new UncheckedIOException(error);
          }
        },
        (topic, bytes) -> {
          if (bytes == null) return null;
          try {
            var reader = readers.computeIfAbsent(ByteBuffer.wrap(bytes).getInt(1), id -> {
              Schema schema = fetch(registry, id);
              ids.put(schema, id);
              return new GenericDatumReader<>(schema);
            });
            return reader.read(null, DecoderFactory.get().binaryDecoder(bytes, 5, bytes.length - 5, null));
          } catch (IOException error) {
            throw new UncheckedIOException(error);
          }
        });
  }

  private static Schema fetch(String registry, int id) {
    try {
      var answer = HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create(registry + "/schemas/ids/" + id)).build(), HttpResponse.BodyHandlers.ofString());
      return new Schema.Parser().parse(new ObjectMapper().readTree(answer.body()).get("schema").asText());
    } catch (Exception error) {
      throw new IllegalStateException("schema " + id + " cannot be fetched from " + registry, error);
    }
  }
}
