/**
 * A program that makes a lab with processes in it, prints what identifies a host's namespace and where the
 * lab's artifacts are, and waits to be killed.
 */
import { eventually } from './deadline.ts';
import { Lab } from './lab.ts';

const lab = new Lab('abandoned');
const host = await lab.addHost('host');
// The last of them ignores what a terminal sends.
host.spawn('sh', ['-c', "sleep 60 & trap '' HUP INT TERM; sleep 60"]);
await eventually('three processes', () => host.processIds().length === 3, 10_000);
console.log(`${host.identity}\n${lab.artifacts}`);
setInterval(() => {}, 60_000);
