import {
  batchNorm,
  dense,
  type Model,
  minMax,
  relu,
  sequential,
  setBatchNormMode,
  zScore,
} from 'webgpu-batchnorm';

export const scalings = ['raw', 'minMax', 'zScore'] as const;
/** What is done to the inputs before the network sees them. */
export type Scaling = (typeof scalings)[number];

export const scalingNames: Readonly<Record<Scaling, string>> = {
  raw: 'Raw',
  minMax: 'Min–max scaled',
  zScore: 'Z-scored',
};

const hidden = [16, 16] as const;
/** How much of the running statistics stays with each batch. */
export const momentum = 0.9;
/** The batch norms: of the two inputs, and of each hidden layer. */
export const normNames = ['inputNorm', ...hidden.map((_, i) => `norm${i + 1}`)] as const;

/**
 * Price from age and kilometres: two hidden layers. `features` are what a scaling is adapted to. With batch
 * norm there is one for the inputs and one for each hidden layer.
 */
export function priceNetwork(scaling: Scaling, normalised: boolean, features: Float32Array): Model {
  const norm = (name: string) => (normalised ? [batchNorm({ name, momentum })] : []);
  const scale = { raw: undefined, minMax: minMax(), zScore: zScore() }[scaling];
  scale?.adapt(features, 2);
  return sequential(
    [2],
    [
      ...(scale ? [scale] : []),
      ...norm(normNames[0]),
      ...hidden.flatMap((units, i) => [
        dense(units, { kernelInitializer: 'heNormal' }),
        ...norm(normNames[i + 1]),
        relu(),
      ]),
      dense(1),
    ],
  );
}

/** The same network, of which training changes the running statistics and nothing else. */
export function recalibrating(model: Model): Model {
  for (const layer of model.layers) layer.trainable = false;
  setBatchNormMode(model, 'recalibrate');
  return model;
}
