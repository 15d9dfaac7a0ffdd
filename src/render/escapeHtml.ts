import { isFields } from '../core/findingCodec.ts';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/**
 * Text as it may stand in HTML, SVG and XML, in an element and in a quoted attribute.
 *
 * @example escapeHtml('<b title="x">') // '&lt;b title=&quot;x&quot;&gt;'
 */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/**
 * A value as JSON that may stand in `<script type="application/json">`: nothing in it ends the element or opens a comment.
 *
 * @example jsonForScript('</script>') // '"\\u003c/script>"'
 */
export function jsonForScript(value: unknown): string {
  return [...jsonPieces(value)].join('');
}

/** Items of a long list that are turned into text at once. */
const SLICE = 5000;

/** The same piece by piece, for values whose whole text nobody wants to hold: long lists come in slices, however deep in objects. */
export function* jsonPieces(value: unknown): Generator<string> {
  if (Array.isArray(value) && value.length > SLICE) {
    for (let from = 0; from < value.length; from += SLICE) {
      const slice = safeJson(value.slice(from, from + SLICE)).slice(1, -1);
      yield from === 0 ? `[${slice}` : `,${slice}`;
    }
    yield ']';
  } else if (isFields(value)) {
    let opening = '{';
    for (const [name, item] of Object.entries(value)) {
      if (item === undefined) continue;
      yield `${opening}${safeJson(name)}:`;
      opening = ',';
      yield* jsonPieces(item);
    }
    yield opening === '{' ? '{}' : '}';
  } else {
    yield safeJson(value);
  }
}

function safeJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
