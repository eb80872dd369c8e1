import type { JSX } from 'react';

/** The same frame that `index.html` shows before the script runs. */
export function FirstPaint(): JSX.Element {
  return (
    <div className="first-paint" role="status" aria-label="Plumbline is starting">
      <div className="first-paint-bar" />
      <div className="first-paint-side" />
    </div>
  );
}
