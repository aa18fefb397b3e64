//! @include lib/lines_1.wgsl
