import { escapeHtml, standalone } from '../../parts/standalone';
import type { ImagePort, Preprocessing } from './preprocess';
import type { FileKind } from './protocol';

interface Opening {
  readonly imports: readonly string[];
  readonly code: string;
  readonly beside: string;
}

/** How each kind of file is opened in the visitor's own code. */
function openingOf(kind: FileKind, file: string): Opening {
  // Within a script nothing may end it.
  const name = JSON.stringify(file).replaceAll('<', '\\u003c');
  const bytes = `new Uint8Array(await (await fetch(${name})).arrayBuffer())`;
  switch (kind) {
    case 'onnx':
      return {
        imports: ['/onnx'],
        code: `import { readOnnx } from 'webgpu-batchnorm/onnx';
const { model, state } = readOnnx(${bytes}, { layout: 'channelsLast' });`,
        beside: file,
      };
    case 'keras':
      return {
        imports: ['/keras'],
        code: `import { readKeras } from 'webgpu-batchnorm/keras';
const { model, state } = await readKeras(${bytes});`,
        beside: file,
      };
    case 'layers':
      return {
        imports: ['/keras'],
        code: `import { readLayersModel } from 'webgpu-batchnorm/keras';
const json = await (await fetch(${name})).json();
const load = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
const { model, state } = await readLayersModel(json, load);`,
        beside: `${file} and its files of weights`,
      };
    default:
      return {
        imports: ['/formats'],
        code: `import { readSafetensors, readState } from 'webgpu-batchnorm/formats';
// The file that "Take it away again: safetensors" gives: it has the model in it.
const bytes = ${bytes};
const config = JSON.parse(readSafetensors(bytes).metadata.get('model'));
const [model, state] = [modelFromConfig(config), readState(bytes)];`,
        beside: file,
      };
  }
}

/** The model that code is made for. */
export interface CodeModel {
  readonly kind: FileKind;
  readonly file: string;
  /** Of the model itself. */
  readonly name: string;
  readonly port?: ImagePort;
}

/** A page of its own that opens the model's file beside it and runs it. */
export function modelCode({ kind, file, name, port }: CodeModel, how: Preprocessing): string {
  const own = ['onnx', 'keras', 'layers', 'state'].includes(kind);
  const read = own ? file : `${name}.safetensors`;
  const { imports, code, beside } = openingOf(own ? kind : 'state', read);
  return standalone({
    title: `${name} on this GPU`,
    imports: ['', ...imports],
    body: `<p>Put ${escapeHtml(beside)} beside this file, and open it from a server: <code>npx serve</code>.</p>
${port ? '<p><input type="file" accept="image/*"></p>' : ''}
<pre></pre>`,
    script: `
import { compile${own && kind !== 'state' ? '' : ', modelFromConfig'} } from 'webgpu-batchnorm';
${code}

const net = await compile(model, { state });
const print = (text) => { document.querySelector('pre').textContent = text; };
${port ? pictureScript(port, how) : plainScript}`,
  });
}

const plainScript = `
const inputs = Object.fromEntries(model.inputs.map(({ name, tensor }) => {
  const { dtype, shape } = tensor.typeFor(1);
  const size = shape.reduce((product, extent) => product * extent, 1);
  return [name, dtype === 'i32' ? new Int32Array(size) : new Float32Array(size).fill(0.5)];
}));
const outputs = await net.predictAll(inputs);
print(Object.entries(outputs)
  .map(([name, { shape, data }]) => name + ' [' + shape + '] ' + data.slice(0, 10))
  .join('\\n'));
`;

const scripts: Readonly<Record<Preprocessing['norm'], string>> = {
  unit: 'value / 255',
  signed: 'value / 127.5 - 1',
  bytes: 'value',
  imagenet: '(value / 255 - mean[colour]) / deviation[colour]',
};

function pictureScript({ name, height, width, channels }: ImagePort, how: Preprocessing): string {
  const grey = channels === 1;
  const statistics = grey
    ? 'const [mean, deviation] = [[0.449], [0.226]];'
    : 'const [mean, deviation] = [[0.485, 0.456, 0.406, 0], [0.229, 0.224, 0.225, 1]];';
  const order = how.order === 'bgr' && !grey ? [2, 1, 0, 3] : [0, 1, 2, 3];
  return `
print('Choose a picture.');
${how.norm === 'imagenet' ? statistics : ''}
document.querySelector('input').onchange = async ({ target }) => {
  const picture = await createImageBitmap(target.files[0]);
  const context = new OffscreenCanvas(${width}, ${height}).getContext('2d');
  ${
    how.fit === 'stretch'
      ? `context.drawImage(picture, 0, 0, ${width}, ${height});`
      : `const scale = Math.max(${width} / picture.width, ${height} / picture.height);
  const [w, h] = [picture.width * scale, picture.height * scale];
  context.drawImage(picture, (${width} - w) / 2, (${height} - h) / 2, w, h);`
  }
  const pixels = context.getImageData(0, 0, ${width}, ${height}).data;
  const numbers = new Float32Array(${height * width * channels});
  for (let i = 0; i < ${height * width}; i++) {
    const [r, g, b, a] = pixels.subarray(4 * i);
    const colours = ${grey ? '[0.299 * r + 0.587 * g + 0.114 * b]' : '[r, g, b, a]'};
    for (let c = 0; c < ${channels}; c++) {
      const colour = ${grey ? '0' : `${JSON.stringify(order.slice(0, channels))}[c]`};
      const value = ${how.invert ? '255 - colours[colour]' : 'colours[colour]'};
      numbers[${channels} * i + c] = ${scripts[how.norm]};
    }
  }
  const outputs = await net.predictAll({ ${JSON.stringify(name)}: numbers });
  print(Object.entries(outputs).map(([output, { data }]) => {
    const best = Array.from(data, (_, i) => i).sort((a, b) => data[b] - data[a]).slice(0, 5);
    return output + '\\n' + best.map((i) => '  class ' + i + ': ' + data[i].toPrecision(4)).join('\\n');
  }).join('\\n'));
};
`;
}
