// The ceiling: kafkajs reads both inputs and counts records. No decoding, no join, no state, no output; what a loop on this client cannot beat.
// Arguments: bootstrap servers, group, output topic.
import kafkajs from 'kafkajs';

const [bootstrap = '', group = '', output = ''] = process.argv.slice(2);
const kafka = new kafkajs.Kafka({ brokers: [bootstrap], logLevel: kafkajs.logLevel.ERROR });
const producer = kafka.producer();
const consumer = kafka.consumer({ groupId: group });
const counts = { predictions: 0, feedback: 0 };
await producer.connect();
await consumer.connect();
await consumer.subscribe({ topics: Object.keys(counts), fromBeginning: true });
await consumer.run({
  eachBatch: async ({ batch }) => {
    const topic = batch.topic === 'predictions' ? 'predictions' : 'feedback';
    counts[topic] += batch.messages.length;
    await producer.send({ topic: output, messages: [{ key: topic, value: String(counts[topic]) }] });
  },
});
process.on('SIGTERM', () => void consumer.disconnect().then(() => producer.disconnect()).then(() => process.exit(0)));
