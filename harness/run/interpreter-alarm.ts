/** One timer for everybody who wants to be woken: the earliest wish counts. */
export interface Alarm {
  /** Wakes at this time, nanoseconds by the clock it was made with, or earlier. */
  at(time: number): void;
  clear(): void;
}

export const createAlarm = (now: () => number, wake: () => void): Alarm => {
  let timer: NodeJS.Timeout | undefined;
  let armedFor = 0;
  const ring = (): void => {
    timer = undefined;
    wake();
  };
  const clear = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };
  return {
    at(time) {
      if (timer !== undefined && armedFor <= time) return;
      clear();
      armedFor = time;
      timer = setTimeout(ring, Math.min(Math.ceil((time - now()) / 1e6), 1000));
    },
    clear,
  };
};
