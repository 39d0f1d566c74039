/** Colours live in the style sheet; canvases ask for them. */
import { outcomes } from '../../../columns.ts';
import type { Rgb } from './splat.ts';

export const css = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** By outcome. Expects six-digit hexadecimal colours. */
export const colours = (): Rgb[] =>
  outcomes.map(outcome => {
    const hex = Number.parseInt(css(`--${outcome}`).slice(1), 16);
    return [(hex >> 16) & 255, (hex >> 8) & 255, hex & 255];
  });
