export function generateBlobs(folder: string, size: { readonly shards: number; readonly tests: number; readonly steps: number }): void;
