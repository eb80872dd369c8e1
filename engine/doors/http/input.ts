/** From a request to an operation's input: path, query and body, each field in its one place. */
import { z } from 'zod';
import { operations } from '../../contract.ts';
import { PlumblineError } from '../../errors.ts';
import { MAX_WAIT_S, restOfInput, type Route } from '../../routes.ts';
import { setupOperations } from '../../setup-contract.ts';
import type { SetupRoute } from '../../setup-routes.ts';
import { invalidInput } from '../dispatch.ts';

export type Fields = Record<string, unknown>;

/** Field of a zod object to its schema. */
type Shape = Readonly<Record<string, z.ZodType>>;

export const shapeOf = (route: Route): Shape => operations[route.operation].input.shape;

/** The fields that a route takes in its query or body, as one strict schema. */
export function restSchema(route: Route): z.ZodObject {
  const shape = shapeOf(route);
  return z.strictObject(
    Object.fromEntries(restOfInput(route).map((field) => [field, shape[field] ?? z.never()])),
  );
}

/** All fields of an operation of the setup contract, as one strict schema. */
export const setupSchema = ({ operation }: SetupRoute): z.ZodObject =>
  z.strictObject(setupOperations[operation].input.shape);

/** True for a field that holds a list. */
export const isList = (schema: z.ZodType | undefined): boolean =>
  (schema instanceof z.ZodOptional ? schema.unwrap() : schema) instanceof z.ZodArray;

export function fieldsOfPath(route: Route, values: Readonly<Record<string, string>>): Fields {
  const shape = shapeOf(route);
  return Object.fromEntries(
    Object.entries(route.params).map(([name, field]) => {
      const value = values[name] ?? '';
      return [field, isList(shape[field]) ? [value] : value];
    }),
  );
}

/** Whole numbers of at most 15 digits are exact. */
const INTEGER = /^-?\d{1,15}$/;

/**
 * A GET's fields. Numbers are read strictly: `1e3`, ` 5` and an empty value are none.
 * @throws PlumblineError `INPUT_INVALID` for a field that is wrong, unknown or there twice.
 */
export function fieldsOfQuery(schema: z.ZodObject, query: URLSearchParams): Fields {
  const fields: Fields = {};
  for (const [name, text] of query) {
    if (Object.hasOwn(fields, name))
      throw new PlumblineError('INPUT_INVALID', `${name} is there more than once`);
    Object.defineProperty(fields, name, { value: typed(schema.shape[name], text), enumerable: true });
  }
  return checked(schema, fields);
}

/** Text that does not read as what the field takes stays text, and the schema refuses it. Lists are separated by commas. */
function typed(schema: unknown, text: string): unknown {
  const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  if (inner instanceof z.ZodArray) return text.split(',');
  if (inner instanceof z.ZodNumber) return INTEGER.test(text) ? Number(text) : text;
  if (inner instanceof z.ZodBoolean) return text === 'true' ? true : text === 'false' ? false : text;
  return text;
}

/** @throws PlumblineError `BODY_INVALID`, `INPUT_INVALID`. */
export function fieldsOfBody(schema: z.ZodObject, text: string): Fields {
  return checked(schema, parseObject(text));
}

/**
 * Nothing at all is an object without fields.
 * @throws PlumblineError `BODY_INVALID`.
 */
export function parseObject(text: string): Fields {
  if (text.trim() === '') return {};
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new PlumblineError('BODY_INVALID', `the body is no JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new PlumblineError('BODY_INVALID', 'the body has to be a JSON object');
  return body as Fields;
}

function checked(schema: z.ZodObject, fields: object): Fields {
  const parsed = schema.safeParse(fields);
  if (!parsed.success) throw invalidInput(parsed.error);
  return parsed.data;
}

/**
 * `?wait=` in seconds, taken out of the query; null where it is not there.
 * @throws PlumblineError `INPUT_INVALID`.
 */
export function takeWait(query: URLSearchParams): number | null {
  const values = query.getAll('wait');
  query.delete('wait');
  const [text] = values;
  if (text === undefined) return null;
  if (values.length === 1 && INTEGER.test(text) && Number(text) >= 0 && Number(text) <= MAX_WAIT_S)
    return Number(text);
  throw new PlumblineError('INPUT_INVALID', `wait takes whole seconds from 0 to ${MAX_WAIT_S}, once`);
}

/** @throws PlumblineError `INPUT_INVALID` where anything is left in a query that takes no more. */
export function checkNoQuery(query: URLSearchParams): void {
  const [name] = query.keys();
  if (name !== undefined)
    throw new PlumblineError('INPUT_INVALID', `there is no query parameter "${name}" here`, {
      hint: 'A POST takes its fields in a JSON body.',
    });
}
