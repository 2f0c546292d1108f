export default { name: 'old', apiVersion: 99, capabilities: {}, open() {} };
