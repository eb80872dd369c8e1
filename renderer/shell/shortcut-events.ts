/** Dispatched on the window to open the list of shortcuts from anywhere. */
export const openShortcuts = 'plumbline:shortcuts';
