export interface Standalone {
  readonly title: string;
  /** The library's subpaths that the script imports, `''` for the package itself. */
  readonly imports?: readonly string[];
  /** Other packages: what the script imports, and name, version and path on the CDN. */
  readonly others?: Readonly<Record<string, string>>;
  /** What stands in the body. */
  readonly body?: string;
  readonly style?: string;
  /** A module; ends no line with `</script>`. */
  readonly script: string;
}

const version: string = import.meta.env.LIBRARY_VERSION;
const cdn = 'https://esm.sh';

/**
 * One HTML file that runs by itself, without a build: an import map pins the library's version. It can be
 * opened from any https address, or from this machine.
 */
export function standalone(options: Standalone): string {
  const { title, imports = [''], others = {}, body = '', style = '', script } = options;
  const library = `${cdn}/webgpu-batchnorm@${version}`;
  const entries = [
    ...imports.map((path) => [`webgpu-batchnorm${path}`, `${library}${path}`]),
    ...Object.entries(others).map(([name, path]) => [name, `${cdn}/${path}`]),
  ];
  const map = JSON.stringify({ imports: Object.fromEntries(entries) }, null, 2);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
body { max-width: 48rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; color-scheme: light dark; }
${style.trim()}
</style>
<script type="importmap">
${map}
</script>
<h1>${escapeHtml(title)}</h1>
${body.trim()}
<script type="module">
${script.trim()}
</script>
</html>
`;
}

export function escapeHtml(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => names[character]);
}
