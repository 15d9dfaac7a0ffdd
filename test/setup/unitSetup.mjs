/** Before the unit tests: the page of the HTML report, which they read as it is shipped. The rest of them runs from the sources. */
import { fileURLToPath } from 'node:url';
import { buildPage } from './buildPage.mjs';

export default async function setup() {
  await buildPage(fileURLToPath(new URL('../..', import.meta.url)));
}
