import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import test from 'node:test';
import { brief, instance, instanceOf, load, settingsOf } from './sample.ts';

const FOLDER = '/etc/keepalived';

test('raw is the transport where nothing names another', () => {
  const { transport } = instanceOf(instance());
  assert.deepEqual([transport.name, transport.options, transport.place], ['raw', {}, undefined]);
});

test('The command line wins over global_defs, and an instance over both', () => {
  const globals = 'global_defs {\n transport pcap\n}\n';
  const text = globals + instance() + instance('transport raw', '10.0.0.2').replaceAll(/VI_1|51/g, '52');
  const names = (transport?: string) => settingsOf(text, { transport }).instances.map((each) => each.transport.name);
  assert.deepEqual(names(), ['pcap', 'raw']);
  assert.deepEqual(names('tap'), ['tap', 'raw']);
});

test('Options stand on one line or on several, and a name that is repeated has its values in a row', () => {
  const peers = { peer: '10.0.0.2 10.0.0.3', secret: 'a b' };
  for (const block of [
    '{ peer 10.0.0.2 peer 10.0.0.3 secret "a b" }',
    '{\npeer 10.0.0.2\npeer 10.0.0.3\nsecret "a b"\n}',
    '{\npeer "10.0.0.2 10.0.0.3" secret "a b"\n}',
  ]) {
    assert.deepEqual(instanceOf(instance(`transport "./mine.js" ${block}`)).transport.options, peers, block);
  }
});

test('A path begins at the file that it stands in, and on the command line where the process is', () => {
  const nameOf = (line: string) => instanceOf(instance(line)).transport.name;
  assert.equal(nameOf('transport ./mine.js'), `${FOLDER}/mine.js`);
  assert.equal(nameOf('transport "../lib/mine.js"'), '/etc/lib/mine.js');
  assert.equal(nameOf('transport /opt/mine.js'), '/opt/mine.js');
  const included = settingsOf(
    `include sub/a.conf\n${instance()}`,
    {},
    {
      [`${FOLDER}/sub/a.conf`]: 'global_defs {\n transport ./b.js\n}\n',
    },
  );
  assert.equal(included.instances[0]!.transport.name, `${FOLDER}/sub/b.js`);
  assert.equal(instanceOf(instance(), { transport: './mine.js' }).transport.name, resolve('mine.js'));
});

test('The name of a package stays as it is, with the folder to look it up from and the place of the keyword', () => {
  const { transport } = instanceOf(instance('transport @scope/pkg'));
  assert.deepEqual(
    [transport.name, transport.directory, transport.place?.file, transport.place?.line],
    ['@scope/pkg', FOLDER, `${FOLDER}/keepalived.conf`, 7],
  );
  assert.equal(instanceOf(instance('transport "ray"')).transport.name, 'ray');
});

test('What is missing behind a misspelled transport is not missed as well', () => {
  const { diagnostics } = load(instance('transport rwa'));
  assert.deepEqual(diagnostics.map(brief), ['error unknown-transport 7:11']);
  assert.match(diagnostics[0]!.remedy, /Did you mean raw\?/);
  const [option] = load(instance('transport tap { dev locum0 }')).diagnostics;
  assert.match(option!.remedy, /It has mode, device, bridge/);
});

test('use_vmac stands for the virtual MAC in userspace, whatever the standard is', () => {
  for (const line of ['use_vmac', 'use_vmac vrrp.51', 'use_vmac name vrrp.51 netlink_notify_msg group 5']) {
    const { transport, deviceName } = instanceOf(`global_defs {\ntransport pcap\n}\n${instance(line)}`);
    assert.deepEqual([transport.name, transport.options], ['tap', { mode: 'virtual-mac' }]);
    assert.equal(deviceName, line === 'use_vmac' ? undefined : 'vrrp.51');
  }
});

test('An address on the device of use_vmac is one of the instance itself', () => {
  const { addresses } = instanceOf(instance('use_vmac vrrp.51', '10.0.0.1 dev vrrp.51\n10.0.0.2 dev eth1'));
  assert.deepEqual(
    addresses.map(({ interfaceName }) => interfaceName),
    ['eth0', 'eth1'],
  );
});

test('A transport of others may use an interface that adverts cannot leave', () => {
  const onLoopback = (line: string) => instance(line).replace('eth0', 'lo');
  assert.deepEqual(load(onLoopback('')).diagnostics.map(brief), ['error loopback 2:12']);
  assert.equal(instanceOf(onLoopback('transport ./mine.js')).interfaceName, 'lo');
});
