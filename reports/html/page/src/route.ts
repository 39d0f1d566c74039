/** The part of the address after `#`: links to an operation, an anomaly or a section work wherever the file lies. */
import { useEffect, useState } from 'preact/hooks';

export type Route =
  | { readonly to: 'section'; readonly id: string }
  | { readonly to: 'operation'; readonly index: number }
  | { readonly to: 'anomaly'; readonly check: number; readonly anomaly: number };

/** `#/operation/4123`, `#/anomaly/0/2`, `#/timeline`. */
export const linkTo = (route: Route): string => {
  if (route.to === 'operation') return `#/operation/${route.index}`;
  if (route.to === 'anomaly') return `#/anomaly/${route.check}/${route.anomaly}`;
  return `#/${route.id}`;
};

export const parseRoute = (hash: string): Route | undefined => {
  const [, first, second, third] = hash.split('/');
  if (first === 'operation' && /^\d+$/.test(second ?? '')) return { to: 'operation', index: Number(second) };
  if (first === 'anomaly' && /^\d+$/.test(second ?? '') && /^\d+$/.test(third ?? ''))
    return { to: 'anomaly', check: Number(second), anomaly: Number(third) };
  return first === undefined || first === '' ? undefined : { to: 'section', id: first };
};

/** The element that a route shows. */
export const elementId = (route: Route): string =>
  route.to === 'operation' ? 'operation' : route.to === 'anomaly' ? `anomaly-${route.check}-${route.anomaly}` : route.id;

/** The current route; after each change, and once `ready`, its element is scrolled to and takes the focus. */
export const useRoute = (ready: boolean): Route | undefined => {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const listen = () => setHash(location.hash);
    addEventListener('hashchange', listen);
    return () => removeEventListener('hashchange', listen);
  }, []);
  useEffect(() => {
    const route = parseRoute(hash);
    const element = ready && route ? document.getElementById(elementId(route)) : null;
    element?.scrollIntoView({ block: 'start' });
    element?.focus({ preventScroll: true });
  }, [hash, ready]);
  return parseRoute(hash);
};
