/** Options with their defaults: nothing is left out, nor undefined. (`Required` leaves an undefined that the type names.) */
export type Resolved<O> = { readonly [K in keyof O]-?: Exclude<O[K], undefined> };
