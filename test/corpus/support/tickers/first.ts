/** Kept for as long as the module is loaded. */
export const timer = setInterval(() => {}, 61_000);
