/** A background job: counts the stock again whenever it is told to. Ends when its parent lets go of it. */
process.on('message', () => process.send?.({ cups: 40 }));
