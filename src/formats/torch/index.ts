export { type ExportTorchOptions, exportTorch, type TorchExport } from './export';
