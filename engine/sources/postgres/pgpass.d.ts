/** The package brings no types. Reads `~/.pgpass` or `PGPASSFILE`, which has to be closed to others. */
declare module 'pgpass' {
  export default function pgpass(
    address: { host: string; port: number; database: string; user: string },
    answer: (password: string | undefined) => void,
  ): void;
}
