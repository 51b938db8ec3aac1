declare module '*.wesl' {
  const source: string;
  export default source;
}
