import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Board } from '../../src/board/board.ts';
import { MOST_DROP_REASONS } from '../../src/board/port-counters.ts';
import { PortTally } from '../../src/engine-process/port-tally.ts';

const counting = (framesDropped: number, drops?: Record<string, number>) => ({
  stats: { framesReceived: 10, framesSent: 20, framesDropped, sendFailures: 1 },
  ...(drops === undefined ? {} : { drops }),
});

test('What a port counts is added up over its openings, and read from the board by the names of its reasons', () => {
  const board = Board.create();
  try {
    const tally = new PortTally();
    const drops = { forged: 0, 'not carried': 3 };
    tally.begin(counting(2, drops));
    assert.deepEqual(tally.reasons, ['forged', 'not carried']);
    tally.end();
    tally.end();
    tally.begin(counting(5, drops));
    board.ports.write(7, tally.row);
    drops.forged = 4;
    board.ports.write(7, tally.row);
    assert.deepEqual(board.ports.read(7, tally.reasons), {
      ...{ framesReceived: 20, framesSent: 40, framesDropped: 7, sendFailures: 2 },
      drops: { forged: 4, 'not carried': 6 },
    });
    const untouched = { framesReceived: 0, framesSent: 0, framesDropped: 0, sendFailures: 0, drops: {} };
    assert.deepEqual(board.ports.read(6, tally.reasons), untouched);
    assert.deepEqual(board.ports.read(8, []), untouched);
    board.ports.write(1_000_000, tally.row);
    assert.deepEqual(board.ports.read(1_000_000, []), untouched);
  } finally {
    board.close();
  }
});

test('A port with more reasons than there is room for keeps to its row', () => {
  const many = Object.fromEntries(Array.from({ length: 40 }, (_unused, index) => [`reason ${index}`, 1]));
  const board = Board.create();
  try {
    const tally = new PortTally();
    tally.begin(counting(0, many));
    board.ports.write(0, tally.row);
    assert.equal(tally.reasons.length, MOST_DROP_REASONS);
    assert.equal(Object.keys(board.ports.read(0, tally.reasons).drops).length, MOST_DROP_REASONS);
    assert.equal(board.ports.read(1, []).framesReceived, 0);
  } finally {
    board.close();
  }
});
