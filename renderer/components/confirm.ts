import { modals } from '@mantine/modals';

type Confirmation = Parameters<typeof modals.openConfirmModal>[0] & { readonly onConfirm: () => void };

/** Asks before something is done. It is done once: the dialog can still be clicked while it fades away. */
export function openConfirmation({ onConfirm, ...dialog }: Confirmation): void {
  let isAgreed = false;
  modals.openConfirmModal({
    ...dialog,
    onConfirm: () => {
      if (isAgreed) return;
      isAgreed = true;
      onConfirm();
    },
  });
}
