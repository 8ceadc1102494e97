// Reads partition 0 of a topic with kafkajs as it comes, without our filter, and prints the values read_committed gives. For readCommitted.it.test.ts only.
// arguments: brokers, topic, the value that comes last
import kafkajs from 'kafkajs';

const [brokers = '', topic = '', last = ''] = process.argv.slice(2);
const kafka = new kafkajs.Kafka({ clientId: 'stock', brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING });
const consumer = kafka.consumer({ groupId: `stock-${process.pid}-${Date.now()}`, maxWaitTimeInMs: 100 });
const values: string[] = [];
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
await consumer.run({
  autoCommit: false,
  eachMessage: ({ message }) => {
    values.push(message.value?.toString() ?? '');
    if (values.at(-1) === last) {
      process.stdout.write(JSON.stringify(values));
      process.exit(0);
    }
    return Promise.resolve();
  },
});
