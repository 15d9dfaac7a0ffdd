import { test as leakTest, expect } from 'leak/fixtures';
import { ModelServer } from './modelServer.ts';

export { expect };

interface Model {
  model: ModelServer;
  /** What is open at this moment, apart from the model. */
  leftOpen: () => Promise<readonly string[]>;
}

/** Every test is checked for leaks. The services are the tests' own to stop: whether they leave something is what is tested. */
export const test = leakTest.extend<Model>({
  model: async ({}, use) => {
    await using model = await ModelServer.open();
    await use(model);
  },
  leftOpen: async ({ leak }, use) => {
    await use(async () => {
      const findings = await leak.check();
      return findings.filter(({ evidence }) => evidence['openedIn'] !== 'fixture').map(({ summary }) => summary);
    });
  },
});
