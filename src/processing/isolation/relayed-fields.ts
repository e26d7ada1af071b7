/**
 * The fields of a log line that a child has written, for the worker's logger. An error is a plain object by now; the logger takes
 * it for one of class Object, unless it has no class at all and a name.
 */
export function relayedFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { err } = fields;
  if (typeof err !== 'object' || err === null || !('type' in err) || !('message' in err))
    return { ...fields };
  const error: object = Object.assign(Object.create(null) as object, err);
  return { ...fields, err: Object.defineProperty(error, 'name', { value: err.type }) };
}
