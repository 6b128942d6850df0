/** A file's text, as Vite gives it in Node and in the browser. */
declare module '*?raw' {
  const text: string;
  export default text;
}
