/** Which files are documents, and what their rows have. */
export type DocumentKind = 'markdown' | 'text' | 'html' | 'ontology';

const EXTENSIONS: Readonly<Record<string, DocumentKind>> = {
  md: 'markdown',
  markdown: 'markdown',
  mdx: 'markdown',
  txt: 'text',
  text: 'text',
  rst: 'text',
  adoc: 'text',
  org: 'text',
  html: 'html',
  htm: 'html',
  xhtml: 'html',
  ttl: 'ontology',
  nt: 'ontology',
};

/** Null where the name is no document's. */
export function documentKind(path: string): DocumentKind | null {
  const extension = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase();
  return extension !== undefined && Object.hasOwn(EXTENSIONS, extension)
    ? (EXTENSIONS[extension] ?? null)
    : null;
}

interface KindColumns {
  readonly key: readonly string[];
  /** Besides the key. Markdown adds the fields of its front matter. */
  readonly columns: readonly string[];
  /** Columns that stay out of the default template, with the reason. */
  readonly notText: Readonly<Record<string, string>>;
}

const MODIFIED = 'a time';
const IN_BODY = 'part of the body';

export const KINDS: { readonly [K in DocumentKind]: KindColumns } = {
  markdown: {
    key: ['path'],
    columns: ['title', 'body', 'headings', 'modified'],
    notText: { headings: IN_BODY, modified: MODIFIED },
  },
  text: { key: ['path'], columns: ['title', 'body', 'modified'], notText: { modified: MODIFIED } },
  html: {
    key: ['path'],
    columns: ['title', 'body', 'headings', 'modified'],
    notText: { headings: IN_BODY, modified: MODIFIED },
  },
  ontology: {
    key: ['path', 'iri'],
    columns: ['label', 'synonyms', 'translations', 'definition', 'parents', 'type', 'modified'],
    notText: { type: 'a few fixed values', translations: 'in other languages', modified: MODIFIED },
  },
};

export const DOCUMENT_KINDS = Object.keys(KINDS) as DocumentKind[];

/** Larger files are no documents that a person wrote; one of them would fill the memory of the source thread. */
export const MAX_BYTES: { readonly [K in DocumentKind]: number } = {
  markdown: 16 * 1024 * 1024,
  text: 16 * 1024 * 1024,
  html: 16 * 1024 * 1024,
  ontology: 64 * 1024 * 1024,
};
