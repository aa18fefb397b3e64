// Uses the package as typed code does; it only has to compile.
import * as library from 'webgpu-batchnorm';
import * as formats from 'webgpu-batchnorm/formats';

export const names: string[] = [...Object.keys(library), ...Object.keys(formats)];
