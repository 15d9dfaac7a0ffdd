import { mergeTests, test as base } from '@playwright/test';
import { test as leakTest } from 'leak/fixtures';

/** What a suite with fixtures of its own does: one `test` out of two. */
export const test = mergeTests(
  leakTest,
  base.extend<{ basket: string[] }>({
    basket: async ({}, use) => {
      await use(['apple']);
    },
  }),
);
