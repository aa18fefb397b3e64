// What importing a shader gives; see scripts/vite-shaders.mjs.
declare module '*.wgsl' {
  const shader: import('../ir/op').Shader;
  export default shader;
}
