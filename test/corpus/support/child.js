// A forked child that lives until it is told to go, and at most ten minutes.
setTimeout(() => process.exit(0), 600_000);
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
