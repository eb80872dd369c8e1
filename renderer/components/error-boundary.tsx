import { Component, type ReactNode } from 'react';
import { ProblemView } from './problem.tsx';

interface Props {
  readonly children: ReactNode;
  /** What is shown: something else is tried anew. */
  readonly of?: string;
}

interface State {
  readonly error: Error | null;
  readonly of: string | undefined;
}

/** A screen that breaks says so, and leaves the rest of the window standing. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null, of: this.props.of };

  static getDerivedStateFromError(error: unknown): Pick<State, 'error'> {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  static getDerivedStateFromProps({ of }: Props, state: State): State | null {
    return of === state.of ? null : { error: null, of };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <ProblemView title="This screen broke" error={error} onRetry={() => this.setState({ error: null })} />
    );
  }
}
