import { expect, it } from 'vitest';
import { MessageBatch } from '../../src/engine/thread/message-batch.js';

/** What was sent, and the end of the turn, which the test decides. */
function batchInTurns() {
  const sent: { messages: readonly number[]; transfer: readonly ArrayBuffer[] }[] = [];
  const atEnd: (() => void)[] = [];
  const batch = new MessageBatch<number>(
    (messages, transfer) => sent.push({ messages, transfer }),
    action => atEnd.push(action),
  );
  const endTurn = (): void => atEnd.splice(0).forEach(action => action());
  return { batch, sent, endTurn };
}

it('joins the messages of one turn, in their order, with the memory that goes along', () => {
  const { batch, sent, endTurn } = batchInTurns();
  const [first, second] = [new ArrayBuffer(1), new ArrayBuffer(2)];
  batch.add(1, [first]);
  batch.add(2);
  batch.add(3, [second]);
  expect(sent).toEqual([]);
  endTurn();
  batch.add(4);
  endTurn();
  expect(sent.map(({ messages }) => messages)).toEqual([[1, 2, 3], [4]]);
  expect(sent[0]!.transfer).toEqual([first, second]);
  expect(sent[1]!.transfer).toEqual([]);
});

it('does not keep the first ones waiting for all of a long turn', () => {
  const { batch, sent, endTurn } = batchInTurns();
  for (let message = 1; message <= 40; message += 1) batch.add(message);
  expect(sent.map(({ messages }) => messages.length)).toEqual([16, 16]);
  endTurn();
  expect(sent.flatMap(({ messages }) => messages)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
});

it('sends at once what is asked for, and nothing of it again when the turn ends', () => {
  const { batch, sent, endTurn } = batchInTurns();
  batch.add(1);
  batch.flush();
  expect(sent.map(({ messages }) => messages)).toEqual([[1]]);
  endTurn();
  expect(sent).toHaveLength(1);
});

it('joins what several promises say that are settled at once, and does not wait for what they go on with', async () => {
  const sent: (readonly number[])[] = [];
  const batch = new MessageBatch<number>(messages => sent.push(messages));
  const goOn = async (message: number): Promise<readonly (readonly number[])[]> => {
    await Promise.resolve();
    batch.add(message);
    await Promise.resolve();
    await Promise.resolve();
    return [...sent];
  };
  const seen = await Promise.all([goOn(1), goOn(2), goOn(3)]);
  expect(seen[0]).toEqual([[1, 2, 3]]);
  expect(sent).toEqual([[1, 2, 3]]);
});
