/** The source of every section, each file loaded when it is shown. */
export const sources = import.meta.glob<string>('./sections/*/*.{ts,html,css,wgsl}', {
  query: '?raw',
  import: 'default',
});
