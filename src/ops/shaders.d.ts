// What importing a shader gives; see scripts/vite-shared.mjs.
declare module '*.wgsl' {
  const shader: import('../ir/op').Shader;
  export default shader;
}
