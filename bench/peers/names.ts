/** Peers in a browser, as the report calls them. */
export const PEERS = ['jax-js', 'tfjs', 'onnxruntime-web'] as const;
