/**
 * One answer of `leak doctor`. `fine`; `note`: works, but less well than it could; `broken`: something would fail, and `remedy` says
 * what to do about it.
 */
export type Diagnosis =
  | { readonly state: 'fine'; readonly subject: string; readonly detail: string }
  | { readonly state: 'note' | 'broken'; readonly subject: string; readonly detail: string; readonly remedy: string };

export function fine(subject: string, detail: string): Diagnosis {
  return { state: 'fine', subject, detail };
}

export function note(subject: string, detail: string, remedy: string): Diagnosis {
  return { state: 'note', subject, detail, remedy };
}

export function broken(subject: string, detail: string, remedy: string): Diagnosis {
  return { state: 'broken', subject, detail, remedy };
}
