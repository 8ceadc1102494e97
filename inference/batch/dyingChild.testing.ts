// A child that is killed as soon as it has its job, as for its memory. For tests only.
process.once('message', () => process.kill(process.pid, 'SIGKILL'));
