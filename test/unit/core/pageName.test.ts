import { expect, it } from 'vitest';
import { pageNames } from '../../../src/core/pageName.ts';

it('names pages by the last part of their path, or by their host without its port', () => {
  const urls = ['http://127.0.0.1:40123/shop.html', 'https://example.com/', 'https://example.com:8443/orders/4711/items?page=2#top'];
  expect(pageNames(urls)).toEqual(['shop.html', 'example.com', 'items']);
});

it('numbers names that come again', () => {
  expect(pageNames(['about:blank', 'about:blank', 'http://a/blank2', 'about:blank'])).toEqual(['blank', 'blank2', 'blank22', 'blank3']);
});

it('lets nothing into a name that differs from run to run or may be a secret', () => {
  const urls = [
    'https://a.test/reset/9f8e7d6c5b4a39281706',
    'https://user:hunter2@a.test/?token=hunter2',
    'data:text/html,hunter2',
    'nonsense',
  ];
  expect(pageNames(urls)).toEqual(['reset', 'a.test', 'page', 'page2']);
});

it('bounds the length of a name and leaves letters of other scripts as they are', () => {
  expect(pageNames([`https://a.test/${'long-'.repeat(30)}`])[0]).toHaveLength(40);
  expect(pageNames(['about:srcdoc', 'https://a.test/a b!c'])).toEqual(['srcdoc', 'a-20b-c']);
});
