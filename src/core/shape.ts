/**
 * How a series runs over the iterations.
 *
 * - `flat`: it stays where it is.
 * - `linear`: it grows, and is still growing at the end.
 * - `step`: it jumped once or a few times and stays on its new level.
 * - `plateau`: it grew and has stopped growing, as a cache does that is full.
 * - `noise`: it goes up and down by more than the growth that would matter, and comes back.
 */
export type Shape = 'flat' | 'linear' | 'step' | 'plateau' | 'noise';
