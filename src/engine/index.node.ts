/** The tensor engine as `import { … } from 'normface/engine'` gives it in Node: what browsers get, with Dawn as the GPU. It needs the packages wesl and webgpu. */

export { type ConnectOptions, connect } from './distributed/connect.node.ts';
export * from './index.ts';
export { adapterNamed, listAdapters, openDevice } from './runtime/device.node.ts';
