import type { Histories } from './histories';
import { bins, tracks } from './layers';
import shader from './ridges.wgsl?raw';
import type { Row } from './rows';

export type Color = readonly [number, number, number, number];

/** What one picture shows, and how. */
export interface Picture {
  readonly track: number;
  readonly elements: number;
  readonly matrix: ArrayLike<number>;
  /** Which row stands out. */
  readonly chosen: number;
  /** Which bin is marked, as in the histogram. */
  readonly marked?: number;
  /** Whether ridges hide what is behind them. */
  readonly curtains: boolean;
  /** How much of a heat map the floor is, 0 … 1. */
  readonly heat: number;
  readonly colors: {
    readonly tone: Color;
    readonly ink: Color;
    readonly card: Color;
    readonly outside: Color;
  };
}

/** Words of the uniform struct `View` in ridges.wgsl. */
const viewWords = 16 + 4 * 4 + 12;
const depthFormat = 'depth24plus';
const gridVertices = 2 * 8;
/** Of a line, in CSS pixels. */
const lineWidth = 1.25;

/** A canvas that is drawn on by WebGPU, at the device's own resolution. */
export interface Surface {
  readonly canvas: HTMLCanvasElement;
  readonly context: GPUCanvasContext;
  readonly uniform: GPUBuffer;
  targets?: { readonly color?: GPUTexture; readonly depth: GPUTexture };
}

/** Draws ridges on canvases, straight from the buffer in which they were collected. */
export class Renderer {
  readonly #format = navigator.gpu.getPreferredCanvasFormat();
  readonly #pipelines: readonly {
    readonly pipeline: GPURenderPipeline;
    readonly vertices: number;
    readonly once: boolean;
  }[];
  readonly #layout: GPUBindGroupLayout;
  readonly #rows: GPUBuffer;
  #count = 0;

  constructor(
    private readonly device: GPUDevice,
    private readonly histories: Histories,
    /** 4, or 1 where smooth edges would take too long. */
    private readonly samples: 1 | 4,
  ) {
    this.#rows = device.createBuffer({
      label: 'rows',
      size: 8 * histories.slots,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
    });
    const visibility = GPUShaderStage.VERTEX;
    this.#layout = device.createBindGroupLayout({
      entries: [
        { binding: 0, visibility, buffer: { type: 'uniform' } },
        { binding: 1, visibility, buffer: { type: 'read-only-storage' } },
        { binding: 2, visibility, buffer: { type: 'read-only-storage' } },
      ],
    });
    const module = device.createShaderModule({ label: 'ridges', code: shader });
    const make = (
      entry: string,
      topology: GPUPrimitiveTopology,
      vertices: number,
      once = false,
    ) => ({
      pipeline: this.#pipeline(module, entry, topology),
      vertices,
      once,
    });
    this.#pipelines = [
      make('grid', 'line-list', gridVertices, true),
      make('cell', 'triangle-list', 6 * (bins + 2)),
      make('curtain', 'triangle-strip', 2 * bins),
      make('outside', 'triangle-list', 12),
      make('line', 'triangle-strip', 2 * bins),
    ];
  }

  surface(canvas: HTMLCanvasElement): Surface {
    const context = canvas.getContext('webgpu') as GPUCanvasContext;
    context.configure({ device: this.device, format: this.#format, alphaMode: 'premultiplied' });
    const uniform = this.device.createBuffer({
      label: 'view',
      size: 4 * viewWords,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    return { canvas, context, uniform };
  }

  /** Which rows there are, oldest first. */
  setRows(rows: readonly Row[]): void {
    this.#count = rows.length;
    const numbers = new Float32Array(rows.flatMap(({ slot, step }) => [slot, step]));
    this.device.queue.writeBuffer(this.#rows, 0, numbers);
  }

  draw(surface: Surface, picture: Picture): void {
    const { canvas, context, uniform } = surface;
    if (!this.#count) return;
    this.device.queue.writeBuffer(uniform, 0, this.#viewOf(canvas, picture));
    const { color, depth } = this.#targets(surface);
    const shown = context.getCurrentTexture().createView();
    const encoder = this.device.createCommandEncoder();
    const pass = encoder.beginRenderPass({
      colorAttachments: [
        {
          view: color?.createView() ?? shown,
          ...(color && { resolveTarget: shown }),
          clearValue: [0, 0, 0, 0],
          loadOp: 'clear',
          storeOp: color ? 'discard' : 'store',
        },
      ],
      depthStencilAttachment: {
        view: depth.createView(),
        depthClearValue: 1,
        depthLoadOp: 'clear',
        depthStoreOp: 'discard',
      },
    });
    pass.setBindGroup(
      0,
      this.device.createBindGroup({
        layout: this.#layout,
        entries: [uniform, this.histories.buffer, this.#rows].map((buffer, binding) => ({
          binding,
          resource: { buffer },
        })),
      }),
    );
    for (const { pipeline, vertices, once } of this.#pipelines) {
      pass.setPipeline(pipeline);
      pass.draw(vertices, once ? 1 : this.#count);
    }
    pass.end();
    this.device.queue.submit([encoder.finish()]);
  }

  dispose(): void {
    this.#rows.destroy();
  }

  release(surface: Surface): void {
    surface.uniform.destroy();
    surface.targets?.color?.destroy();
    surface.targets?.depth.destroy();
    surface.context.unconfigure();
  }

  #pipeline(
    module: GPUShaderModule,
    entry: string,
    topology: GPUPrimitiveTopology,
  ): GPURenderPipeline {
    const over = { srcFactor: 'one', dstFactor: 'one-minus-src-alpha' } as const;
    return this.device.createRenderPipeline({
      label: `ridges: ${entry}`,
      layout: this.device.createPipelineLayout({ bindGroupLayouts: [this.#layout] }),
      vertex: { module, entryPoint: entry },
      fragment: {
        module,
        entryPoint: 'fill',
        targets: [{ format: this.#format, blend: { color: over, alpha: over } }],
      },
      primitive: { topology },
      depthStencil: { format: depthFormat, depthWriteEnabled: true, depthCompare: 'less-equal' },
      multisample: { count: this.samples },
    });
  }

  #targets(surface: Surface): NonNullable<Surface['targets']> {
    const { width, height } = surface.canvas;
    const { targets } = surface;
    if (targets?.depth.width === width && targets.depth.height === height) return targets;
    targets?.color?.destroy();
    targets?.depth.destroy();
    const texture = (format: GPUTextureFormat) =>
      this.device.createTexture({
        size: [width, height],
        format,
        sampleCount: this.samples,
        usage: GPUTextureUsage.RENDER_ATTACHMENT,
      });
    surface.targets = {
      ...(this.samples > 1 && { color: texture(this.#format) }),
      depth: texture(depthFormat),
    };
    return surface.targets;
  }

  #viewOf({ width, height, clientWidth }: HTMLCanvasElement, picture: Picture): ArrayBuffer {
    const words = new ArrayBuffer(4 * viewWords);
    const floats = new Float32Array(words);
    const integers = new Uint32Array(words);
    const { tone, ink, card, outside } = picture.colors;
    const scale = width / Math.max(1, clientWidth);
    floats.set([...Array.from(picture.matrix), ...tone, ...ink, ...card, ...outside]);
    floats.set([2 / width, 2 / height, lineWidth * scale, picture.elements], 32);
    const none = bins + 2;
    integers.set(
      [bins, tracks.length, picture.track, this.#count, picture.chosen, picture.marked ?? none],
      36,
    );
    floats.set([picture.curtains ? 1 : 0, picture.heat], 42);
    return words;
  }
}
