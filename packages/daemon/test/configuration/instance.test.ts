import assert from 'node:assert/strict';
import test from 'node:test';
import { brief, instance, instanceOf, load, settingsOf } from './sample.ts';

const usual = (state: string, priority: number) => `vrrp_instance VI_1 {
   state ${state}
   interface eth0
   virtual_router_id 51
   priority ${priority}
   advert_int 1
   virtual_ipaddress {
       192.168.1.100
   }
}
`;

test('the two usual files are read without a word', () => {
  for (const [state, priority] of [
    ['MASTER', 100],
    ['BACKUP', 90],
  ] as const) {
    const { settings, diagnostics, sources } = load(usual(state, priority));
    assert.deepEqual(diagnostics, []);
    assert.equal(sources.length, 1);
    const [only] = settings!.instances;
    assert.equal(only!.name, 'VI_1');
    assert.deepEqual([only!.place.line, only!.place.column], [1, 15]);
    assert.equal(only!.interfaceName, 'eth0');
    assert.equal(only!.initialState, state);
    assert.equal(only!.acceptMode, true);
    assert.deepEqual(only!.router, {
      name: 'VI_1',
      family: 4,
      vrid: 51,
      version: 2,
      priority,
      advertisementIntervalUs: 1_000_000,
      downAdverts: 3,
      addresses: [Uint8Array.of(192, 168, 1, 100)],
      unadvertisedAddresses: [],
      preemptMode: true,
      preemptDelayUs: 0,
      startupDelayUs: 0,
      assertAgainstLower: true,
      advertiseWhenYielding: false,
      authentication: { type: 'none' },
      checksumForm: 'pseudo-header',
      acceptedChecksumForm: 'either',
      ownerPolicy: 'process',
      checkAddressList: false,
      unicastPeers: [],
      unicastTtl: 255,
      sourceAddress: undefined,
      groupAddress: Uint8Array.of(224, 0, 0, 18),
      announcement: {
        repeat: 5,
        delayUs: 5_000_000,
        refreshUs: 0,
        refreshRepeat: 1,
        lowerPriorityRepeat: 5,
        lowerPriorityDelayUs: 5_000_000,
        arpGapUs: 0,
        neighborGapUs: 0,
      },
    });
    assert.deepEqual(only!.addresses, [
      {
        address: Uint8Array.of(192, 168, 1, 100),
        family: 4,
        prefixLength: 32,
        interfaceName: 'eth0',
        scope: 0,
        broadcast: undefined,
        label: undefined,
        peer: undefined,
        home: false,
        managedTemporary: false,
        noPrefixRoute: false,
        autojoin: false,
        duplicateAddressDetection: false,
        preferredLifetimeS: undefined,
        advertised: true,
        track: true,
        text: '192.168.1.100/32',
      },
    ]);
  }
});

test('global defaults reach the instances, and instances have the last word', () => {
  const globals = `global_defs {
  router_id gateway
  vrrp_version 3
  vrrp_garp_master_delay 10
  vrrp_garp_master_repeat 2
  vrrp_garp_master_refresh 60
  vrrp_garp_master_refresh_repeat 3
  vrrp_garp_lower_prio_delay 1
  vrrp_garp_lower_prio_repeat 0
  vrrp_garp_interval 0.001
  vrrp_gna_interval 0.000002
  vrrp_rt_priority 40
  vrrp_no_swap
  vrrp_priority -5
  vrrp_cpu_affinity 0 1
  locum_busy_wait 50
  locum_spread_phases off
  vrrp_lower_prio_no_advert
  vrrp_higher_prio_send_advert true
  vrrp_down_timer_adverts 2
  vrrp_owner_ignore_adverts on
  v3_checksum_as_v2
  vrrp_startup_delay 1.5
  vrrp_mcast_group4 224.0.0.99
}
net_namespace red
`;
  const { global, instances } = settingsOf(globals + instance('garp_master_delay 7\nv3_checksum_as_v2 no'));
  assert.deepEqual(global, {
    routerId: 'gateway',
    realtimePriority: 40,
    noSwap: true,
    nice: -5,
    processors: [0, 1],
    busyWaitUs: 50,
    spreadPhases: false,
    netNamespace: 'red',
    startupDelayUs: 1_500_000,
  });
  const { router } = instances[0]!;
  assert.deepEqual(router.announcement, {
    repeat: 2,
    delayUs: 7_000_000,
    refreshUs: 60_000_000,
    refreshRepeat: 3,
    lowerPriorityRepeat: 0,
    lowerPriorityDelayUs: 1_000_000,
    arpGapUs: 1000,
    neighborGapUs: 2,
  });
  assert.equal(router.version, 3);
  assert.equal(router.downAdverts, 2);
  assert.equal(router.assertAgainstLower, false);
  assert.equal(router.advertiseWhenYielding, true);
  assert.equal(router.ownerPolicy, 'discard');
  assert.equal(router.checksumForm, 'pseudo-header');
  assert.equal(router.startupDelayUs, 1_500_000);
  assert.deepEqual(router.groupAddress, Uint8Array.of(224, 0, 0, 99));
});

test('v3_checksum_as_v2 is honoured with its argument', () => {
  assert.equal(instanceOf(instance('version 3\nv3_checksum_as_v2')).router.checksumForm, 'message');
  assert.equal(instanceOf(instance('version 3\nv3_checksum_as_v2 off')).router.checksumForm, 'pseudo-header');
});

test('vrrp_min_garp lowers only what is at its default', () => {
  const minimal = instanceOf(`global_defs {\nvrrp_min_garp\n}\n${instance()}`).router.announcement;
  assert.deepEqual([minimal.repeat, minimal.delayUs, minimal.refreshUs], [1, 0, 0]);
  const mixed = instanceOf(`global_defs {\nvrrp_garp_master_repeat 3\nvrrp_min_garp\n}\n${instance()}`).router
    .announcement;
  assert.deepEqual([mixed.repeat, mixed.delayUs], [3, 0]);
});

test('priority, state and preemption', () => {
  const table: [string, object][] = [
    ['', { priority: 100, initialState: 'BACKUP', preemptMode: true, preemptDelayUs: 0 }],
    ['state MASTER', { priority: 255, initialState: 'MASTER', preemptMode: true, preemptDelayUs: 0 }],
    ['priority 255', { priority: 255, initialState: 'MASTER', preemptMode: true, preemptDelayUs: 0 }],
    ['priority 255\nstate BACKUP', { priority: 255, initialState: 'BACKUP', preemptMode: true, preemptDelayUs: 0 }],
    ['nopreempt', { priority: 100, initialState: 'BACKUP', preemptMode: false, preemptDelayUs: 0 }],
    ['nopreempt\npreempt', { priority: 100, initialState: 'BACKUP', preemptMode: true, preemptDelayUs: 0 }],
    ['nopreempt\npriority 255', { priority: 255, initialState: 'MASTER', preemptMode: true, preemptDelayUs: 0 }],
    ['preempt_delay 2.5', { priority: 100, initialState: 'BACKUP', preemptMode: true, preemptDelayUs: 2_500_000 }],
    ['nopreempt\npreempt_delay 2', { priority: 100, initialState: 'BACKUP', preemptMode: false, preemptDelayUs: 0 }],
  ];
  for (const [lines, expected] of table) {
    const { router, initialState } = instanceOf(instance(lines));
    const { priority, preemptMode, preemptDelayUs } = router;
    assert.deepEqual({ priority, initialState, preemptMode, preemptDelayUs }, expected, lines);
  }
});

test('intervals', () => {
  const table: [string, number][] = [
    ['advert_int 1', 1_000_000],
    ['advert_int 0.4', 1_000_000],
    ['advert_int 2.5', 3_000_000],
    ['advert_int 255', 255_000_000],
    ['advert_int 0', 1_000_000],
    ['version 3\nadvert_int 0.01', 10_000],
    ['version 3\nadvert_int .25', 250_000],
    ['version 3\nadvert_int 0.123', 120_000],
    ['version 3\nadvert_int 100', 40_950_000],
  ];
  for (const [lines, expected] of table) {
    assert.equal(instanceOf(instance(lines)).router.advertisementIntervalUs, expected, lines);
  }
});

test('authentication', () => {
  const pass = (text: string) => instance(`authentication {\nauth_type PASS\nauth_pass ${text}\n}`);
  const octets = (text: string) => Uint8Array.from([...text.padEnd(8, '\0')].map((each) => each.charCodeAt(0)));
  assert.deepEqual(instanceOf(pass('secret')).router.authentication, { type: 'pass', key: octets('secret') });
  assert.deepEqual(instanceOf(pass('"a b"')).router.authentication, { type: 'pass', key: octets('a b') });
  assert.deepEqual(instanceOf(pass('pa$word')).router.authentication, { type: 'pass', key: octets('pa$word') });
  assert.deepEqual(instanceOf(pass('a\\#b')).router.authentication, { type: 'pass', key: octets('a#b') });
  assert.deepEqual(instanceOf(pass('123456789')).router.authentication, { type: 'pass', key: octets('12345678') });
  const header = instanceOf(instance('state MASTER\npriority 9\nauthentication\n{\nauth_type AH\nauth_pass k\n}'));
  assert.deepEqual(header.router.authentication, { type: 'ah', key: octets('k') });
  assert.equal(header.initialState, 'BACKUP');
  assert.deepEqual(instanceOf(`global_defs {\nvrrp_version 3\n}\n${pass('x')}`).router.authentication, {
    type: 'none',
  });
});

test('IPv6 means version 3', () => {
  const { router, addresses } = instanceOf(
    instance('', 'fe80::1/64\n2001:DB8:0::1\n2001:db8::2 preferred_lft forever'),
  );
  assert.equal(router.family, 6);
  assert.equal(router.version, 3);
  assert.equal(router.groupAddress.length, 16);
  assert.deepEqual(
    addresses.map((each) => [each.text, each.preferredLifetimeS]),
    [
      ['fe80::1/64', undefined],
      ['2001:db8::1/128', 0],
      ['2001:db8::2/128', undefined],
    ],
  );
  const without =
    'vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n native_ipv6\n no_virtual_ipaddress\n}';
  assert.deepEqual([instanceOf(without).router.family, instanceOf(without).router.version], [6, 3]);
});

test('options of addresses', () => {
  const [plain, full, minus, point, numbered] = instanceOf(
    instance(
      '',
      `10.1.2.3/20 brd + dev eth1 scope link label eth1:7 noprefixroute no_track
       10.1.2.4/20 broadcast 10.1.15.255 home autojoin
       10.1.2.5/20 brd -
       10.1.2.6 peer 10.9.9.9/24
       10.1.2.7 scope 100`,
    ),
  ).addresses;
  assert.deepEqual(
    [plain!.broadcast, plain!.interfaceName, plain!.scope, plain!.label, plain!.noPrefixRoute, plain!.track],
    [Uint8Array.of(10, 1, 15, 255), 'eth1', 253, 'eth1:7', true, false],
  );
  assert.deepEqual([full!.broadcast, full!.autojoin, full!.track], [Uint8Array.of(10, 1, 15, 255), true, true]);
  assert.deepEqual(minus!.broadcast, Uint8Array.of(10, 1, 0, 0));
  assert.deepEqual(point!.peer, { address: Uint8Array.of(10, 9, 9, 9), prefixLength: 24 });
  assert.equal(numbered!.scope, 100);
  const [six] = instanceOf(instance('', 'fe80::1 -nodad home mngtmpaddr preferred_lft 30')).addresses;
  assert.deepEqual(
    [six!.duplicateAddressDetection, six!.home, six!.managedTemporary, six!.preferredLifetimeS],
    [true, true, true, 30],
  );
});

test('excluded addresses follow the advertised ones and may be of either family', () => {
  const { router, addresses } = instanceOf(
    `vrrp_instance VI_1 {
      virtual_ipaddress_excluded {
        fe80::5/64
        10.0.0.9
      }
      virtual_ipaddress {
        10.0.0.1
        10.0.0.1
        10.0.0.9
      }
      interface eth0
      virtual_router_id 51
    }`,
  );
  assert.deepEqual(
    addresses.map((each) => [each.text, each.advertised]),
    [
      ['10.0.0.1/32', true],
      ['10.0.0.9/32', true],
      ['fe80::5/64', false],
    ],
  );
  assert.equal(router.addresses.length, 2);
  assert.equal(router.unadvertisedAddresses.length, 1);
});

test('what does not fit into an advert is treated as excluded', () => {
  const lines = (count: number, prefix: string) =>
    Array.from({ length: count }, (_, index) => `${prefix}${(index + 1).toString(16)}`).join('\n');
  const six = instanceOf(instance('', lines(100, 'fe80::')));
  assert.equal(six.router.addresses.length, 90);
  assert.equal(six.router.unadvertisedAddresses.length, 10);
  assert.equal(instanceOf(instance('', lines(100, 'fe80::')), { mtuBytes: () => 9000 }).router.addresses.length, 100);
  const four = instanceOf(instance('', '~SEQ(i, 1, 255) 10.1.0.$i\n10.1.1.1'));
  assert.deepEqual([four.router.addresses.length, four.router.unadvertisedAddresses.length], [255, 1]);
});

test('unicast', () => {
  const { router } = instanceOf(
    instance(
      'unicast_src_ip 10.0.0.200\nunicast_ttl 64\nunicast_peer {\n10.0.0.201 min_ttl 250 max_ttl 254\n10.0.0.202\n10.0.0.200\n}',
    ),
  );
  assert.deepEqual(router.unicastPeers, [
    { address: Uint8Array.of(10, 0, 0, 201), minTtl: 250, maxTtl: 254 },
    { address: Uint8Array.of(10, 0, 0, 202), minTtl: 0, maxTtl: 255 },
  ]);
  assert.deepEqual(router.sourceAddress, Uint8Array.of(10, 0, 0, 200));
  assert.equal(router.unicastTtl, 64);
});

test('accept, debug and the rest of an instance', () => {
  const settings = instanceOf(
    instance(
      `no_accept
       debug 3
       down_timer_adverts 4
       lower_prio_no_advert
       higher_prio_send_advert yes
       owner_ignore_adverts
       mcast_src_ip 10.0.0.7
       mcast_dst_ip 224.0.0.77
       garp_master_repeat 0
       garp_lower_prio_repeat 0
       garp_lower_prio_delay 3
       garp_master_refresh 9
       garp_master_refresh_repeat 2`,
    ),
  );
  assert.equal(settings.acceptMode, false);
  assert.equal(settings.debugLevel, 3);
  const { router } = settings;
  assert.equal(router.downAdverts, 4);
  assert.equal(router.assertAgainstLower, false);
  assert.equal(router.advertiseWhenYielding, true);
  assert.equal(router.ownerPolicy, 'discard');
  assert.deepEqual(router.sourceAddress, Uint8Array.of(10, 0, 0, 7));
  assert.deepEqual(router.groupAddress, Uint8Array.of(224, 0, 0, 77));
  assert.deepEqual(router.announcement, {
    repeat: 1,
    delayUs: 5_000_000,
    refreshUs: 9_000_000,
    refreshRepeat: 2,
    lowerPriorityRepeat: 0,
    lowerPriorityDelayUs: 3_000_000,
    arpGapUs: 0,
    neighborGapUs: 0,
  });
  assert.equal(instanceOf(instance('no_accept\naccept')).acceptMode, true);
});

test('one VRID may serve both families, several interfaces and several VRIDs', () => {
  const text = ['10.0.0.1 eth0 1', 'fe80::1 eth0 1', '10.0.0.2 eth1 1', '10.0.0.3 eth0 2'].map((line, index) => {
    const [address, name, vrid] = line.split(' ');
    return `vrrp_instance VI_${index} {\n interface ${name}\n virtual_router_id ${vrid}\n virtual_ipaddress {\n ${address}\n}\n}`;
  });
  assert.equal(settingsOf(text.join('\n')).instances.length, 4);
});

test('all that is wrong is told at once', () => {
  const { settings, diagnostics } = load(`vrrp_instance VI_1 {
  sate MASTER
  interface eth0
  virtual_router_id 256
  priority x
  virtual_ipaddres {
    10.0.0.1
  }
}
`);
  assert.equal(settings, undefined);
  assert.deepEqual(diagnostics.map(brief), [
    'error unknown-keyword 2:3',
    'error out-of-range 4:21',
    'error bad-number 5:12',
    'error unknown-keyword 6:3',
  ]);
});
