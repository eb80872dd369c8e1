import type { Quad, Term } from 'n3';

/** What is said of one subject: objects by predicate, in the order of the file. */
interface Statements {
  readonly subject: Term;
  readonly objects: Map<string, Term[]>;
}

/** Triples by subject and predicate. n3's own store has them in every other order as well, for four times the memory. */
export class Triples {
  readonly #statements = new Map<string, Statements>();

  constructor(quads: Iterable<Quad>) {
    for (const { subject, predicate, object } of quads) {
      const name = nameOf(subject);
      const known = this.#statements.get(name);
      const { objects } = known ?? { objects: new Map<string, Term[]>() };
      if (known === undefined) this.#statements.set(name, { subject, objects });
      const more = objects.get(predicate.value);
      if (more === undefined) objects.set(predicate.value, [object]);
      else more.push(object);
    }
  }

  /** Those of which at least one of these predicates is said. */
  subjectsOf(predicates: readonly string[]): Term[] {
    return [...this.#statements.values()]
      .filter(({ objects }) => predicates.some((predicate) => objects.has(predicate)))
      .map(({ subject }) => subject);
  }

  objects(subject: Term, predicate: string): readonly Term[] {
    return this.#statements.get(nameOf(subject))?.objects.get(predicate) ?? [];
  }
}

/** No IRI begins like the name of a blank node. */
const nameOf = ({ termType, value }: Term): string => (termType === 'BlankNode' ? `_:${value}` : value);
