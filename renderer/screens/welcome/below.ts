/** A folder of its own below another: the last part of `suggested`, in the paths of the machine that the engine runs on. Pure. */
export function below(parent: string, suggested: string): string {
  const separator = parent.includes('\\') ? '\\' : '/';
  const name = suggested.split(/[\\/]/).at(-1) ?? '';
  return parent.endsWith(separator) ? `${parent}${name}` : `${parent}${separator}${name}`;
}
