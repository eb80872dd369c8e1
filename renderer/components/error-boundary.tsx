import { Component, type ReactNode } from 'react';
import { ProblemView } from './problem.tsx';

interface State {
  readonly error: Error | null;
}

/** A screen that breaks says so, and leaves the rest of the window standing. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <ProblemView title="This screen broke" error={error} onRetry={() => this.setState({ error: null })} />
    );
  }
}
