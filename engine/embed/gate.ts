/** Lets a bounded number of tasks run at once; the others wait in the order they came. */
export interface Gate {
  run<T>(task: () => Promise<T>): Promise<T>;
}

export function openGate(limit: number): Gate {
  const waiting: (() => void)[] = [];
  let free = limit;
  return {
    async run(task) {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await task();
      } finally {
        const next = waiting.shift();
        if (next === undefined) free += 1;
        else next(); // The place passes on directly, so that nobody who comes now can overtake.
      }
    },
  };
}
