import { useEffect, useRef } from 'preact/hooks';
import { gutter } from './plots.ts';

/** A page that was scrolling this recently goes on scrolling. */
const scrollingMs = 250;

/**
 * Zooms by the wheel, without catching a reader who scrolls past: not while the page scrolls, and not further out than the whole run.
 * `zoom` gets the factor and the place of the pointer as a share of the plot's width; at most once a frame.
 */
export const useWheel = (
  box: { readonly current: HTMLElement | null },
  zoom: (factor: number, part: number) => void,
  isWhole: () => boolean,
): void => {
  const latest = useRef({ zoom, isWhole });
  latest.current = { zoom, isWhole };
  useEffect(() => {
    const element = box.current!;
    let scrolledAt = Number.NEGATIVE_INFINITY;
    let factor = 1;
    let frame = 0;
    const scrolled = () => {
      scrolledAt = performance.now();
    };
    const turned = (event: WheelEvent) => {
      if (event.deltaY === 0 || performance.now() - scrolledAt < scrollingMs || (event.deltaY > 0 && latest.current.isWhole())) return;
      event.preventDefault();
      const { left, width } = element.getBoundingClientRect();
      const part = Math.max(0, Math.min(1, (event.clientX - left - gutter) / (width - gutter - 10)));
      factor *= 1.0018 ** Math.max(-240, Math.min(240, event.deltaMode === 0 ? event.deltaY : event.deltaY * 30));
      frame ||= requestAnimationFrame(() => {
        latest.current.zoom(factor, part);
        factor = 1;
        frame = 0;
      });
    };
    addEventListener('scroll', scrolled, { passive: true });
    element.addEventListener('wheel', turned, { passive: false });
    return () => {
      removeEventListener('scroll', scrolled);
      element.removeEventListener('wheel', turned);
      cancelAnimationFrame(frame);
    };
  }, []);
};
