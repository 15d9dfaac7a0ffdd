/** As JSON, with a bigint, which JSON does not know, as a string. @throws TypeError for what refers to itself */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) => (typeof field === 'bigint' ? String(field) : field));
}
