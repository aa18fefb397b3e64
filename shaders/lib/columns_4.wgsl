//! @include lib/columns_1.wgsl
