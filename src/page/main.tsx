import type { PageData } from '../render/pageData.ts';
import { App } from './app.tsx';
import { createModel } from './model.ts';
import { render } from './preact.ts';

const root = document.getElementById('app');
const data = document.getElementById('data')?.textContent ?? '';
if (root !== null && data !== '') {
  const model = createModel(JSON.parse(data) as PageData);
  root.replaceChildren();
  render(<App model={model} />, root);
}
