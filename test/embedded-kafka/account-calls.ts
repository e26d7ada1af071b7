import { type RequestReader } from '../../src/embedded-kafka/protocol/reader.js';
import { ResponseWriter } from '../../src/embedded-kafka/protocol/writer.js';
import { type AdminCall } from './admin-calls.js';

/** Parts of an entity: type and name, `null` for the default one. */
export type Entity = readonly (readonly [type: string, name: string | null])[];

/** AlterClientQuotas 1 of one entity. @param changes - `undefined` removes */
export function alterQuotasCall(entity: Entity, changes: Readonly<Record<string, number | undefined>>) {
  const body = new ResponseWriter(true);
  body.structs([entity], parts => {
    body.structs(parts, ([type, name]) => body.string(type).string(name));
    body.structs(Object.entries(changes), ([key, value]) => {
      body
        .string(key)
        .float64(value ?? 0)
        .boolean(value === undefined);
    });
  });
  body.boolean(false).noTags();
  const decode = (response: RequestReader) => {
    response.int32();
    return response.structs(() => {
      const result = { code: response.int16(), message: response.nullableString() };
      response.structs(() => [response.string(), response.nullableString()]);
      return result;
    })[0]!;
  };
  return call(49, 1, body, decode, ({ code }) => [code]);
}

/** DescribeClientQuotas 1. @param parts - a name, `null` for the default one, `undefined` for any */
export function describeQuotasCall(
  parts: readonly (readonly [type: string, name: string | null | undefined])[],
  isStrict = false,
) {
  const body = new ResponseWriter(true);
  body.structs(parts, ([type, name]) => {
    const match = name === undefined ? 2 : name === null ? 1 : 0;
    body
      .string(type)
      .int8(match)
      .string(name ?? null);
  });
  body.boolean(isStrict).noTags();
  const decode = (response: RequestReader) => {
    response.int32();
    const code = response.int16();
    const message = response.nullableString();
    const quotas = response.structs(() => ({
      entity: response.structs(() => [response.string(), response.nullableString()] as const),
      values: Object.fromEntries(response.structs(() => [response.string(), response.float64()] as const)),
    }));
    return { code, message, quotas };
  };
  return call(48, 1, body, decode, ({ code }) => [code]);
}

/** AlterUserScramCredentials 0. @param changes - user, mechanism, iterations; without iterations it is deleted */
export function alterScramCall(...changes: readonly (readonly [string, number, number?])[]) {
  const body = new ResponseWriter(true);
  const bytes = Buffer.from('secret');
  body.structs(
    changes.filter(([, , iterations]) => iterations === undefined),
    ([user, mechanism]) => body.string(user).int8(mechanism),
  );
  body.structs(
    changes.filter(([, , iterations]) => iterations !== undefined),
    ([user, mechanism, iterations]) => {
      body.string(user).int8(mechanism).int32(iterations!).bytes(bytes).bytes(bytes);
    },
  );
  body.noTags();
  const decode = (response: RequestReader) => {
    response.int32();
    return response.structs(() => {
      const user = response.string();
      const code = response.int16();
      response.nullableString();
      return { user, code };
    });
  };
  return call(51, 0, body, decode, answers => answers.map(({ code }) => code));
}

/** DescribeUserScramCredentials 0; of all users when none is named. */
export function describeScramCall(...users: string[]) {
  const body = new ResponseWriter(true);
  body.structs(users.length === 0 ? null : users, user => body.string(user)).noTags();
  const decode = (response: RequestReader) => {
    response.int32();
    const code = response.int16();
    response.nullableString();
    const results = response.structs(() => {
      const user = response.string();
      const code = response.int16();
      response.nullableString();
      return { user, code, credentials: response.structs(() => [response.int8(), response.int32()]) };
    });
    return { code, results };
  };
  return call(50, 0, body, decode, ({ code, results }) => [code, ...results.map(({ code }) => code)]);
}

/** ListConfigResources 1. */
export function configResourcesCall(...types: number[]) {
  const body = new ResponseWriter(true);
  body.array(types, type => body.int8(type)).noTags();
  const decode = (response: RequestReader) => {
    response.int32();
    const code = response.int16();
    return { code, resources: response.structs(() => [response.string(), response.int8()]) };
  };
  return call(74, 1, body, decode, ({ code }) => [code]);
}

function call<Answer>(
  key: number,
  version: number,
  body: ResponseWriter,
  decode: (response: RequestReader) => Answer,
  codesOf: (answer: Answer) => number[],
): AdminCall<Answer> {
  return { key, version, body, decode, codes: response => codesOf(decode(response)) };
}
