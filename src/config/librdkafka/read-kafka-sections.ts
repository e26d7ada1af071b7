import type { ReproducerDefinition } from '../../definition/reproducer-definition.js';
import { placeOf, type ConfigDocument, type ConfigEntry } from '../files/config-document.js';
import { expandedValue, kafkaSections, reportUnknownKey } from '../files/own-sections.js';
import { foundText, type GivenValue } from '../given-values.js';
import type { Environment } from '../read-environment.js';
import { kafkaNameOf, knownKafkaNames, type KafkaName } from './kafka-names.js';
import type { KafkaProperties, PlacedKafkaProperties } from './kafka-properties.js';

/** A property of the connection, for --print-config. */
export interface KafkaSource {
  readonly name: string;
  readonly text: string;
  readonly origin: string;
  readonly secret: boolean;
}

export interface KafkaFileValues {
  /** Worker options that librdkafka's names stand for. */
  readonly values: Map<string, GivenValue>;
  readonly properties: PlacedKafkaProperties;
  readonly sources: readonly KafkaSource[];
  readonly warnings: readonly string[];
  readonly problems: readonly string[];
  /** Worker options that are given and cannot be used. */
  readonly unusable: readonly string[];
}

/**
 * Reads `[broker]`, `[consumer]` and `[producer]` with librdkafka's names.
 *
 * The consumer's settings are those of `[consumer]` over `[broker]`, the producer's likewise. Consumer and producer share
 * one connection here, so a connection setting must not differ between the two.
 */
export function readKafkaSections(
  document: ConfigDocument,
  kind: ReproducerDefinition['kind'],
  env: Environment,
): KafkaFileValues {
  return new KafkaSectionsReader(document, kind, env).read();
}

/** Settings that may differ between the sections; the consumer's count. */
const mayDiffer = ['client.id', 'socket.timeout.ms', 'request.timeout.ms', 'allow.auto.create.topics'];

interface Placed {
  readonly row: KafkaName;
  readonly entry: ConfigEntry;
}

class KafkaSectionsReader {
  readonly #values = new Map<string, GivenValue>();
  readonly #properties: KafkaProperties = {};
  readonly #places = new Map<string, string>();
  readonly #sources: KafkaSource[] = [];
  readonly #warnings: string[] = [];
  readonly #problems: string[] = [];
  readonly #unusable: string[] = [];
  readonly #document: ConfigDocument;
  readonly #hasResults: boolean;
  readonly #env: Environment;

  constructor(document: ConfigDocument, kind: ReproducerDefinition['kind'], env: Environment) {
    this.#document = document;
    this.#hasResults = kind === 'reproducer';
    this.#env = env;
  }

  read(): KafkaFileValues {
    const placed = this.#knownEntries();
    const forConsumer = settingsOf(placed, 'consumer');
    const forProducer = this.#hasResults ? settingsOf(placed, 'producer') : new Map<string, Placed>();
    for (const setting of forConsumer.values()) {
      if (setting.row.role !== 'producer') this.#take(setting);
    }
    for (const setting of forProducer.values()) {
      const { row, entry } = setting;
      if (row.role === 'producer' || (entry.section === 'producer' && !forConsumer.has(row.name)))
        this.#take(setting);
      else if (row.role === 'both') this.#checkSame(setting, forConsumer.get(row.name));
    }
    return {
      values: this.#values,
      properties: { values: this.#properties, places: this.#places },
      sources: this.#sources,
      warnings: this.#warnings,
      problems: this.#problems,
      unusable: this.#unusable,
    };
  }

  #knownEntries(): Placed[] {
    return this.#document.entries
      .filter(entry => kafkaSections.some(section => section === entry.section))
      .flatMap(entry => {
        const row = kafkaNameOf(entry.key);
        if (row !== undefined) {
          this.#checkRole(row, entry);
          return [{ row, entry }];
        }
        reportUnknownKey(this.#document, entry, knownKafkaNames(), { problems: this.#problems });
        return [];
      });
  }

  /** A consumer's setting in [producer] is read by nobody, which is worth a word. */
  #checkRole(row: KafkaName, entry: ConfigEntry): void {
    if (row.role === 'both' || entry.isInherited || ['broker', row.role].includes(entry.section)) return;
    this.#warnings.push(`${this.#place(entry)} has no effect there: it belongs into [${row.role}]`);
  }

  #place(entry: ConfigEntry): string {
    return `${placeOf(this.#document.path, entry.line)}: [${entry.section}] ${entry.shownKey}`;
  }

  #take({ row, entry }: Placed): void {
    const place = this.#place(entry);
    try {
      const raw = expandedValue(entry, this.#env);
      const text = typeof raw === 'string' ? raw : raw.join(',');
      this.#apply(row, entry, text, place);
    } catch (error) {
      const found = foundText(entry.value, row.secret);
      this.#problems.push(`${place} ${(error as Error).message}${found}`);
      if (row.meaning.kind === 'option') this.#unusable.push(row.meaning.option);
    }
  }

  #apply(row: KafkaName, entry: ConfigEntry, text: string, place: string): void {
    const { meaning } = row;
    const origin = `file ${placeOf(this.#document.path, entry.line)}`;
    switch (meaning.kind) {
      case 'option': {
        const converted = meaning.convert(text);
        if (converted === undefined) this.#warnings.push(`${place}: ${row.because}`);
        else this.#values.set(meaning.option, { raw: converted, origin });
        return;
      }
      case 'property':
        this.#places.set(row.name, place);
        meaning.apply(this.#properties, text);
        this.#sources.push({ name: row.name, text, origin, secret: row.secret });
        return;
      case 'fixed':
        if (meaning.allowed.includes(text.trim().toLowerCase())) return;
        if (meaning.otherwise === 'refuse')
          this.#problems.push(`${place} = ${text} is refused: ${row.because}`);
        else this.#warnings.push(`${place} = ${text} has no effect: ${row.because}`);
        return;
      case 'without-effect':
        this.#warnings.push(`${place} has no effect: ${row.because}`);
        return;
      case 'quiet':
        return;
    }
  }

  #checkSame(setting: Placed, consumers: Placed | undefined): void {
    const { row, entry } = setting;
    const isConnection = row.meaning.kind === 'property' || row.meaning.kind === 'option';
    if (!isConnection || mayDiffer.includes(row.name) || consumers === undefined) return;
    if (String(consumers.entry.value) === String(entry.value)) return;
    this.#problems.push(
      `${this.#place(entry)} differs from the consumer's (${this.#place(consumers.entry)}): both use one connection; write it once, into [broker]`,
    );
  }
}

/** One client's settings: `[broker]` and over it the client's own section; a later alias of a name wins. */
function settingsOf(placed: readonly Placed[], section: 'consumer' | 'producer'): Map<string, Placed> {
  const ordered = ['broker', section].flatMap(name => placed.filter(({ entry }) => entry.section === name));
  return new Map(ordered.map(setting => [setting.row.name, setting]));
}
