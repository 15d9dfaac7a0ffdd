import { escapeHtml } from './escapeHtml.ts';

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
  readonly content: string | readonly XmlElement[];
}

/** An element with other elements or with text in it. Attributes that are `undefined` are left out. */
export function element(name: string, attributes: XmlElement['attributes'], content: XmlElement['content'] = []): XmlElement {
  return { name, attributes, content };
}

/** An XML 1.0 document, indented. Characters that XML cannot hold are left out. */
export function xmlDocument(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${serialize(root, '')}\n`;
}

function serialize({ name, attributes, content }: XmlElement, indent: string): string {
  const list = Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : ` ${key}="${attribute(String(value))}"`));
  const open = `${indent}<${name}${list.join('')}`;
  if (content.length === 0) return `${open}/>`;
  if (typeof content === 'string') return `${open}>${text(content)}</${name}>`;
  return `${open}>\n${content.map((child) => `${serialize(child, `${indent}  `)}\n`).join('')}${indent}</${name}>`;
}

function text(value: string): string {
  return escapeHtml(value.replace(FORBIDDEN, '')).replaceAll('\r', '&#13;');
}

/** A parser makes spaces of the line ends and tabs in an attribute, unless they are references. */
function attribute(value: string): string {
  return text(value).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');
}

/** What is no character of XML 1.0, by a reference neither (https://www.w3.org/TR/xml/#charsets), and the controls that are discouraged. */
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]|\p{Surrogate}/gu;
