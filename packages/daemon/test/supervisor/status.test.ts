import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boottimeUs } from '@locum/linux';
import { AdvertisementFields, Engine, Link, writeAdvertisementFrame } from '@locum/protocol';
import { Board, MAX_ROUTERS } from '../../src/board/board.ts';
import type { DaemonSettings } from '../../src/configuration/settings.ts';
import { buildStatus } from '../../src/supervisor/status.ts';
import { settingsOf } from '../configuration/sample.ts';

const FRAME = { routerId: 'r1', configurationFile: '/etc/keepalived/keepalived.conf', enginePid: 4711 };
const OWN = Uint8Array.of(10, 0, 0, 7);
const PEER = Uint8Array.of(10, 0, 0, 8);

const TEXT = `vrrp_instance VI_1 {
  version 3
  interface eth0
  virtual_router_id 51
  priority 120
  advert_int 0.5
  no_accept
  virtual_ipaddress {
    10.0.0.1/24
  }
  virtual_ipaddress_excluded {
    10.0.9.1/24
  }
}
vrrp_instance VI_2 {
  interface eth1
  virtual_router_id 52
  priority 255
  virtual_ipaddress {
    10.1.0.1/24
  }
}
`;

/** An engine that writes to a board, as the engine process has, with the routers of `settings` on it. */
function running(settings: DaemonSettings): { engine: Engine; board: Board; slots: number[] } {
  const board = Board.create();
  const engine = new Engine({ maxRouters: MAX_ROUTERS, rows: board.rows });
  const now = boottimeUs();
  const slots = engine.configure(
    now,
    settings.instances.map(({ router }, port) => ({ ...router, port, phaseUs: 0, virtualMac: false })),
  );
  engine.startup(now);
  board.heartbeatAt = now;
  return { engine, board, slots };
}

function bringUp(engine: Engine, port: number): void {
  const mac = Uint8Array.of(2, 0, 0, 0, 0, 1);
  engine.setLink(boottimeUs(), port, { up: true, mac, ipv4: OWN, linkLocal: undefined, otherAddresses: [] });
}

function hear(engine: Engine, priority: number, ttl = 255): void {
  const fields = new AdvertisementFields();
  Object.assign(fields, {
    family: 4,
    version: 3,
    vrid: 51,
    priority,
    interval: 50,
    addresses: Uint8Array.of(10, 0, 0, 1),
  });
  Object.assign(fields, { source: PEER, destination: Uint8Array.of(224, 0, 0, 18), sourceMac: new Uint8Array(6), ttl });
  const bytes = new Uint8Array(128);
  engine.frame(boottimeUs(), 0, bytes, 0, writeAdvertisementFrame(bytes, 0, fields), Link.Ethernet);
}

const nearNow = (text: string | null): void => assert.ok(Math.abs(Date.parse(text!) - Date.now()) < 60_000, `${text}`);

test('Without an engine every instance is in INIT, with what the configuration says about it', () => {
  const settings = settingsOf(TEXT);
  const sources = settings.instances.map((instance) => ({ instance, slot: -1 }));
  const status = buildStatus({ ...FRAME, enginePid: null }, sources, undefined);
  assert.equal(status.enginePid, null);
  assert.equal(status.engineHeartbeatAgeUs, null);
  assert.deepEqual(status.discards, {});
  nearNow(status.datetime);
  const [first, second] = status.instances;
  assert.deepEqual(
    [first!.keepalivedState, first!.state, first!.priority, first!.effectivePriority, first!.advertiseIntervalUs],
    ['INIT', 'initialize', 120, 120, 500_000],
  );
  assert.deepEqual([first!.acceptMode, first!.isOwner, first!.version], [false, false, 'vrrp-v3']);
  assert.deepEqual([first!.virtualAddresses, first!.excludedAddresses], [['10.0.0.1/24'], ['10.0.9.1/24']]);
  assert.equal(first!.virtualMac, '00:00:5e:00:01:33');
  assert.deepEqual([first!.upDatetime, first!.lastAdvDatetime, first!.primaryAddress], [null, null, null]);
  assert.deepEqual([second!.isOwner, second!.version, second!.acceptMode], [true, 'vrrp-v2', true]);
  assert.equal(first!.statistics.advertisementSent, 0);
  assert.deepEqual([status.statistics.virtualRouters, status.statistics.interfaces], [2, 2]);
});

test('With one it says what the routers do, since when, whom they heard, and what was dropped', () => {
  const settings = settingsOf(TEXT);
  const { engine, board, slots } = running(settings);
  const status = () =>
    buildStatus(
      FRAME,
      settings.instances.map((instance, index) => ({ instance, slot: slots[index]! })),
      board,
    );
  assert.deepEqual(
    status().instances.map(({ keepalivedState, lastEvent }) => [keepalivedState, lastEvent]),
    [
      ['FAULT', 'interface-down'],
      ['FAULT', 'interface-down'],
    ],
  );
  bringUp(engine, 0);
  bringUp(engine, 1);
  const [backup, owner] = status().instances;
  assert.deepEqual([backup!.keepalivedState, backup!.state, backup!.lastEvent], ['BACKUP', 'backup', 'interface-up']);
  assert.deepEqual([owner!.keepalivedState, owner!.state, owner!.newMasterReason], ['MASTER', 'master', 'priority']);
  assert.equal(owner!.statistics.advertisementSent, 1);
  assert.equal(backup!.primaryAddress, '10.0.0.7');
  nearNow(backup!.upDatetime);
  nearNow(backup!.statistics.discontinuityDatetime);
  assert.equal(backup!.masterDownIntervalUs, 3 * 500_000 + backup!.skewTimeUs);

  hear(engine, 200);
  hear(engine, 200, 254);
  hear(engine, 200, 254);
  const heard = status();
  const [first] = heard.instances;
  assert.deepEqual([first!.lastAdvSource, first!.lastAdvPriority], ['10.0.0.8', 200]);
  nearNow(first!.lastAdvDatetime);
  assert.deepEqual([first!.statistics.advertisementRcvd, first!.statistics.ipTtlErrors], [1, 2]);
  assert.deepEqual(first!.discards, { BAD_TTL: 2 });
  assert.deepEqual(heard.discards, { BAD_TTL: 2 });
  assert.equal(heard.statistics.ipTtlErrors, 2);
  assert.ok(heard.engineHeartbeatAgeUs! >= 0 && heard.engineHeartbeatAgeUs! < 60_000_000);
  assert.deepEqual(JSON.parse(JSON.stringify(heard)), heard, 'nothing in it is lost in JSON');

  engine.shutdown(boottimeUs());
  assert.deepEqual(
    status().instances.map(({ keepalivedState }) => keepalivedState),
    ['STOP', 'STOP'],
  );
  board.close();
});
