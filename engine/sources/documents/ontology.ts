import { Parser, type Quad, type Term } from 'n3';
import type { CellValue } from '../../cell.ts';
import { PlumblineError } from '../../errors.ts';
import { Triples } from './triples.ts';

const RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';
const RDFS = 'http://www.w3.org/2000/01/rdf-schema#';
const OWL = 'http://www.w3.org/2002/07/owl#';
const SKOS = 'http://www.w3.org/2004/02/skos/core#';
const OBO = 'http://purl.obolibrary.org/obo/';
const OBO_IN_OWL = 'http://www.geneontology.org/formats/oboInOwl#';

/** By preference: the first that an entity has is taken. */
const LABELS = [`${SKOS}prefLabel`, `${RDFS}label`];
const DEFINITIONS = [
  `${SKOS}definition`,
  `${OBO}IAO_0000115`,
  'http://purl.org/dc/terms/description',
  'http://purl.org/dc/elements/1.1/description',
  `${RDFS}comment`,
];
const SYNONYMS = [
  `${SKOS}altLabel`,
  `${OBO_IN_OWL}hasExactSynonym`,
  `${OBO_IN_OWL}hasRelatedSynonym`,
  `${OBO_IN_OWL}hasNarrowSynonym`,
  `${OBO_IN_OWL}hasBroadSynonym`,
];
const PARENTS = [`${RDFS}subClassOf`, `${SKOS}broader`];
const TYPE = `${RDF}type`;
/** Of things that are about the ontology, or relations: neither classes nor individuals. */
const NOT_ENTITIES = new Set([
  ...['Ontology', 'AllDisjointClasses', 'AllDifferent', 'Axiom', 'Annotation', 'Restriction'].map(
    (n) => OWL + n,
  ),
  ...['Object', 'Datatype', 'Annotation', 'Ontology', 'Deprecated'].map((n) => `${OWL}${n}Property`),
  ...['Functional', 'InverseFunctional', 'Transitive'].map((n) => `${OWL}${n}Property`),
  ...['Symmetric', 'Asymmetric', 'Reflexive', 'Irreflexive'].map((n) => `${OWL}${n}Property`),
  `${RDF}Property`,
  `${RDFS}Datatype`,
]);
/** Say that something is a class, concept or individual, and nothing more. Of several the first counts. */
const KINDS: ReadonlyMap<string, string> = new Map([
  [`${OWL}Class`, 'class'],
  [`${RDFS}Class`, 'class'],
  [`${SKOS}Concept`, 'concept'],
  [`${SKOS}ConceptScheme`, 'concept scheme'],
  [`${OWL}NamedIndividual`, 'individual'],
]);

/**
 * Each class, concept and individual that has an IRI: label, synonyms and definition in English, else without a language,
 * else in the first language by name; labels in other languages apart; parents by their labels. What has no IRI has no name
 * that would stay, and is no entity; as a parent, a restriction reads `part of some heart`, any other is left out.
 * @param path names relative IRIs
 * @throws PlumblineError `ONTOLOGY_INVALID` with the line
 */
export function parseOntology(text: string, path: string): Map<string, CellValue>[] {
  const graph = new Triples(parse(text, path));
  return graph
    .subjectsOf([TYPE, ...PARENTS])
    .filter((subject) => subject.termType === 'NamedNode')
    .filter((subject) => !graph.objects(subject, TYPE).some((type) => NOT_ENTITIES.has(type.value)))
    .map((subject) => describe(graph, subject))
    .toSorted((a, b) => compare(a.get('iri'), b.get('iri')));
}

function parse(text: string, path: string): Quad[] {
  const format = /\.nt$/i.test(path) ? 'N-Triples' : 'text/turtle';
  try {
    return new Parser({ format, baseIRI: `file:///${encodeURI(path)}` }).parse(text);
  } catch (cause) {
    const { message, context } = cause as Error & { context?: { line?: number } };
    const line = context?.line ?? Number(/on line (\d+)/.exec(message)?.[1] ?? 0);
    const what = message.replace(/ on line \d+\.?$/, '');
    throw new PlumblineError('ONTOLOGY_INVALID', `${line > 0 ? `line ${line}: ` : ''}${what}`, {
      hint: 'Correct the file. What was indexed of it stays until it can be read again.',
      cause,
      details: { line },
    });
  }
}

function describe(graph: Triples, subject: Term): Map<string, CellValue> {
  const labels = labelsOf(graph, subject);
  const types = graph.objects(subject, TYPE);
  const kind = [...KINDS].find(([iri]) => types.some((type) => type.value === iri))?.[1];
  const classes = types.filter((type) => !KINDS.has(type.value));
  const parents = [...PARENTS.flatMap((predicate) => graph.objects(subject, predicate)), ...classes];
  return new Map<string, CellValue>([
    ['iri', subject.value],
    ['label', preferred(labels)[0] ?? localName(subject.value)],
    ['synonyms', orNull(preferred(literals(graph, subject, SYNONYMS)).join(', '))],
    ['translations', orNull(others(labels))],
    ['definition', firstOf(graph, subject, DEFINITIONS)],
    [
      'parents',
      orNull(
        unique(parents.map((parent) => nameOf(graph, parent)))
          .toSorted(compare)
          .join(', '),
      ),
    ],
    ['type', kind ?? (classes.length > 0 ? 'individual' : 'class')],
  ]);
}

interface Text {
  readonly text: string;
  /** '' without one. */
  readonly language: string;
}

/** Of the first kind of label that it has. */
const labelsOf = (graph: Triples, subject: Term): Text[] =>
  LABELS.map((predicate) => literals(graph, subject, [predicate])).find((texts) => texts.length > 0) ?? [];

function literals(graph: Triples, subject: Term, predicates: readonly string[]): Text[] {
  return predicates
    .flatMap((predicate) => graph.objects(subject, predicate))
    .filter((term) => term.termType === 'Literal')
    .map((term) => ({ text: term.value.trim(), language: term.language.toLowerCase() }))
    .filter(({ text }) => text !== '');
}

/** All texts in the one language that is best. */
function preferred(texts: readonly Text[]): string[] {
  const [language] = unique(texts.map((text) => text.language)).toSorted(
    (a, b) => rank(a) - rank(b) || compare(a, b),
  );
  return unique(texts.filter((text) => text.language === language).map(({ text }) => text)).toSorted(compare);
}

function rank(language: string): number {
  if (language === 'en') return 0;
  if (language.startsWith('en-')) return 1;
  return language === '' ? 2 : 3;
}

function others(labels: readonly Text[]): string {
  const [best] = preferred(labels);
  return labels
    .filter(({ text, language }) => text !== best && language !== '')
    .map(({ text, language }) => `${text} (${language})`)
    .toSorted(compare)
    .join(', ');
}

function firstOf(graph: Triples, subject: Term, predicates: readonly string[]): string | null {
  for (const predicate of predicates) {
    const texts = preferred(literals(graph, subject, [predicate]));
    if (texts.length > 0) return texts.join('\n');
  }
  return null;
}

/** What a text calls it; null where it has no name. */
function nameOf(graph: Triples, term: Term): string | null {
  if (term.termType !== 'NamedNode') return restriction(graph, term);
  return preferred(labelsOf(graph, term))[0] ?? localName(term.value);
}

function restriction(graph: Triples, term: Term): string | null {
  const [property] = graph.objects(term, `${OWL}onProperty`);
  for (const [predicate, word] of [
    ['someValuesFrom', 'some'],
    ['allValuesFrom', 'only'],
  ] as const) {
    const [filler] = graph.objects(term, OWL + predicate);
    if (property?.termType !== 'NamedNode' || filler?.termType !== 'NamedNode') continue;
    return `${nameOf(graph, property)} ${word} ${nameOf(graph, filler)}`;
  }
  return null;
}

/** `BloodVessel` and `blood_vessel` as `Blood Vessel` and `blood vessel`. */
const localName = (iri: string): string =>
  decode(iri.replace(/[#/]+$/, '').replace(/^.*[#/]/, ''))
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .trim();

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const unique = <T>(values: readonly (T | null)[]): T[] => [
  ...new Set(values.filter((value): value is T => value !== null)),
];
const orNull = (text: string): string | null => (text === '' ? null : text);
const compare = (a: unknown, b: unknown): number =>
  String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
