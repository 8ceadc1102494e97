// Writes one feedback event. Knows only the broker and the registry; needs kafka-clients and avro (pom.xml).
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

public class WriteFeedback {
  public static void main(String[] args) throws Exception {
    String bootstrap = args[0], registry = args[1], predictionId = args[2], category = args[3];

    HttpRequest ask = HttpRequest.newBuilder(URI.create(registry + "/subjects/feedback-value/versions/latest")).build();
    JsonNode latest = new ObjectMapper().readTree(HttpClient.newHttpClient().send(ask, BodyHandlers.ofString()).body());
    Schema schema = new Schema.Parser().parse(latest.get("schema").asText());

    GenericRecord feedback = new GenericRecordBuilder(schema) // other fields: their defaults
        .set("prediction_id", predictionId).set("feedback_id", UUID.randomUUID().toString()).set("category", category).set("source", "java").build();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream value = new DataOutputStream(bytes); // 0x00, schema id, Avro
    value.writeByte(0);
    value.writeInt(latest.get("id").asInt());
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(value, null);
    new GenericDatumWriter<GenericRecord>(schema).write(feedback, encoder);

    // Java's default partitioner is the one that is agreed on: murmur2 over the key.
    Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap, "acks", "all");
    try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer())) {
      System.out.println("feedback on partition " + producer.send(new ProducerRecord<>("feedback", predictionId, bytes.toByteArray())).get().partition());
    }
  }
}
