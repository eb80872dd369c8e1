import { notifications } from '@mantine/notifications';
import { toErrorData } from '../../engine/errors.ts';

/** Tells of something that the person asked for and that did not work. Stays until it is dismissed. */
export function notifyProblem(title: string, error: unknown): void {
  const { message, hint } = toErrorData(error);
  notifications.show({
    color: 'red',
    title,
    message: hint === null ? message : `${message} ${hint}`,
    autoClose: false,
    closeButtonProps: { 'aria-label': 'Dismiss' },
  });
}

export function notifyDone(title: string, message = ''): void {
  notifications.show({ color: 'green', title, message, closeButtonProps: { 'aria-label': 'Dismiss' } });
}
