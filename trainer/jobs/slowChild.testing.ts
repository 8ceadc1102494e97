// A training that never ends by itself: it says that it has begun, and goes on until it is killed or its parent is gone.
process.on('disconnect', () => process.exit(1));
process.once('message', () => {
  process.send?.({ kind: 'stage', stage: 'training' });
  process.send?.({ kind: 'progress', progress: { epoch: 1, epochs: 100, loss: 1, f1: null, f1Min: null, seconds: 0 } });
});
