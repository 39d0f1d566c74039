/** Where the ticks of the axes are, and what they say. */

/** Powers of ten between two of them, for the logarithmic axis of latency (milliseconds). */
export const decades = ([low, high]: readonly [number, number]): number[] => {
  const first = Math.round(Math.log10(low));
  return Array.from({ length: Math.round(Math.log10(high)) - first + 1 }, (_, at) => 10 ** (first + at));
};

/** Seconds between two ticks. */
export const timeSteps = [
  0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200,
  21_600,
];

/** Seconds in a short run, minutes and seconds in a long one. */
export const clockText = (seconds: number, end: number): string => {
  if (end < 300) return `${seconds} s`;
  const rest = seconds % 60;
  return `${Math.floor(seconds / 60)}:${rest < 10 ? '0' : ''}${Number(rest.toFixed(3))}`;
};

export const tickText = (ms: number): string => (ms >= 1000 ? `${ms / 1000} s` : ms >= 1 ? `${ms} ms` : `${Math.round(ms * 1000)} µs`);
